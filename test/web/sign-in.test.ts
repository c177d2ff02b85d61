import { createLog } from "../../app/core/runtime/log";
import { createLoadBalancerIdentity } from "../../app/web/identity/load-balancer-identity";
import { createMemorySessionStore } from "../../app/web/sessions/memory-session-store";
import { HttpVisitor } from "../support/http-visitor";
import {
  ARN,
  CLIENT,
  ISSUER,
  startSigningLoadBalancer,
} from "../support/signing-load-balancer";
import { startWeb, type TestWeb } from "../support/start-web";

type LoadBalancer = Awaited<ReturnType<typeof startSigningLoadBalancer>>;

const lifetime = { idleMs: 3_600_000, absoluteMs: 36_000_000 };
const APPLICATION = { clientIds: ["another-of-ours", CLIENT], issuer: ISSUER };
const ADA = { sub: "ada", name: "Ada Lovelace" };
const GRACE = { sub: "grace", email: "grace@example.com" };

let loadBalancer: LoadBalancer;
let web: TestWeb;
let lines: string[];
let store: ReturnType<typeof createMemorySessionStore>;

beforeEach(async () => {
  lines = [];
  loadBalancer = await startSigningLoadBalancer();
  web = await start([ARN]);
});
afterEach(async () => {
  await web.close();
  await loadBalancer.close();
});

function start(loadBalancers: string[]): Promise<TestWeb> {
  const { keysUrl, ca } = loadBalancer;
  store = createMemorySessionStore({ ...lifetime, now: Date.now });
  return startWeb({
    store,
    signOutUrl: "https://id.example.com/logout",
    log: createLog("warn", {}, { write: (line) => void lines.push(line) }),
    identity: createLoadBalancerIdentity({
      loadBalancers,
      ...APPLICATION,
      keysUrl,
      ca,
    }),
  });
}

/** A browser whose requests carry the identity header of the load balancer. */
function browserOf(claims: object): HttpVisitor {
  const visitor = new HttpVisitor(web.address);
  visitor.always = () => loadBalancer.vouchFor(claims);
  return visitor;
}

const sessionOf = (html: string) =>
  /<dt>Session<\/dt><dd>(\w+)/.exec(html)?.[1] ?? "";

it("shows a person the same conversations on every device, and no other person's", async () => {
  const conversation = await browserOf(ADA).begin("Dear diary");
  const elsewhere = await browserOf(ADA).read("/");
  const grace = browserOf(GRACE);
  const hers = await grace.read("/");
  const [path] = conversation.split("?");
  expect(elsewhere).toContain(`href="${path}"`);
  expect(elsewhere).toContain("Ada Lovelace");
  expect(hers).toContain("grace@example.com");
  expect(hers).not.toContain(String(path));
  expect((await grace.get(conversation)).status).toBe(404);
});

it("starts another session for another person with the same cookie, and deletes the first", async () => {
  const visitor = browserOf(ADA);
  const first = sessionOf(await visitor.read("/"));
  expect(sessionOf(await visitor.read("/"))).toBe(first);
  const cookies = new Map(visitor.cookies);
  visitor.always = () => loadBalancer.vouchFor(GRACE);
  const second = sessionOf(await visitor.read("/"));
  expect(second).not.toBe(first);
  const late = browserOf(ADA);
  for (const [name, value] of cookies) late.cookies.set(name, value);
  expect(sessionOf(await late.read("/"))).not.toBe(first);
});

it("keeps a person's conversations across Reset session, and starts another session", async () => {
  const visitor = browserOf(ADA);
  const conversation = await visitor.begin("Dear diary");
  const before = sessionOf(await visitor.read("/"));
  await visitor.post("/session/reset", {});
  const after = await visitor.read("/");
  expect(sessionOf(after)).not.toBe(before);
  expect((await visitor.get(conversation)).status).toBe(200);
});

const believable = [
  ["the ARN", [ARN]],
  ["one of several", ["arn:aws:elasticloadbalancing:eu-central-1:1", ARN]],
  ["the beginning of the ARN", [ARN.replace(/keepsake.*/, "*")]],
] as const;

test.each(believable)("trusts a signer that is %s", async (_, arns) => {
  await web.close();
  web = await start([...arns]);
  expect((await browserOf(ADA).get("/")).status).toBe(200);
});

const forged = (header: Record<string, string>) => {
  const [head, , signature] = String(header["x-amzn-oidc-data"]).split(".");
  const body = Buffer.from(JSON.stringify(GRACE)).toString("base64url");
  return { "x-amzn-oidc-data": [head, body, signature].join(".") };
};

/** The reason is in the log, and no part of the token or its claims. */
function expectLogged(reason: string, headers: Record<string, string>): void {
  const log = lines.join("");
  expect(log).toContain("sign-in refused");
  expect(log).toContain(reason);
  const token = headers["x-amzn-oidc-data"] ?? "";
  const parts = token.split(".").filter((part) => part.length > 1);
  for (const part of [...parts, ADA.name]) expect(log).not.toContain(part);
}

describe("a request without a valid identity", () => {
  const bad: [string, () => Record<string, string>, string][] = [
    ["nothing", () => ({}), "sent no identity token"],
    ["rubbish", () => ({ "x-amzn-oidc-data": "a.b.c" }), "can&#39;t be read"],
    [
      "another's payload",
      () => forged(loadBalancer.vouchFor(ADA)),
      "is forged",
    ],
    [
      "an expired token",
      () => loadBalancer.vouchFor(ADA, { seconds: -1 }),
      "has expired",
    ],
    [
      "another load balancer's token",
      () => loadBalancer.vouchFor(ADA, { signer: `${ARN}0` }),
      "from another load balancer",
    ],
    [
      "a token for another client of the load balancer",
      () => loadBalancer.vouchFor(ADA, { client: "another-site" }),
      "for another site",
    ],
    [
      "another issuer's token",
      () => loadBalancer.vouchFor(ADA, { iss: "https://other.example.com" }),
      "has an unknown issuer",
    ],
    [
      "a token that never expires",
      () => loadBalancer.vouchFor(ADA, { expires: false }),
      "has no expiry",
    ],
    [
      "a token without a subject",
      () => loadBalancer.vouchFor({}),
      "has no subject",
    ],
  ];

  test.each(bad)(
    "is answered 401 with a reason and without a session if it has %s",
    async (_, headers, reason) => {
      const visitor = new HttpVisitor(web.address);
      const answer = await visitor.get("/", headers());
      expect(answer.status).toBe(401);
      expect(await answer.text()).toContain(reason);
      expect(visitor.cookies.size).toBe(0);
      expectLogged(reason.replace("&#39;", "'"), headers());
    },
  );

  it("reaches the probes", async () => {
    const answer = await new HttpVisitor(web.address).get("/livez");
    expect(answer.status).toBe(200);
  });
});

it("answers 503 while the keys are unavailable, and recovers", async () => {
  const { vouchFor } = loadBalancer;
  const elsewhere = await startSigningLoadBalancer();
  const { ca } = loadBalancer;
  await web.close();
  const { keysUrl } = elsewhere;
  const identity = { loadBalancers: [ARN], ...APPLICATION, keysUrl, ca };
  web = await startWeb({ identity: createLoadBalancerIdentity(identity) });
  const visitor = new HttpVisitor(web.address);
  const refused = await visitor.get("/", vouchFor(ADA));
  expect(refused.status).toBe(503);
  expect(elsewhere.asked.length).toBeGreaterThan(0);
  const accepted = await visitor.get("/", elsewhere.vouchFor(ADA));
  expect(accepted.status).toBe(200);
  await elsewhere.close();
});

it("fetches a key once for concurrent requests", async () => {
  await Promise.all(Array.from({ length: 10 }, () => browserOf(ADA).get("/")));
  expect(loadBalancer.asked).toHaveLength(1);
});

describe("signing out", () => {
  it("ends the session and that of the load balancer, and links back", async () => {
    const visitor = browserOf(ADA);
    const before = sessionOf(await visitor.read("/"));
    visitor.cookies.set("AWSELBAuthSessionCookie-0", "theirs");
    const old = new Map(visitor.cookies);
    const answer = await visitor.post("/session/sign-out", {});
    const html = await answer.text();
    expect(answer.status).toBe(200);
    expect(html).toContain('href="https://id.example.com/logout"');
    expect(visitor.cookies.get("AWSELBAuthSessionCookie-0")).toBe("");
    expect(answer.headers.get("clear-site-data")).toBe('"storage"');
    const late = browserOf(ADA);
    for (const [name, value] of old) late.cookies.set(name, value);
    expect(sessionOf(await late.read("/"))).not.toBe(before);
  });

  it("ends all other sessions of the person everywhere, and no others", async () => {
    const [here, there, grace] = [ADA, ADA, GRACE].map(browserOf) as [
      HttpVisitor,
      HttpVisitor,
      HttpVisitor,
    ];
    const [, his, hers] = await Promise.all(
      [here, there, grace].map(async (one) => sessionOf(await one.read("/"))),
    );
    await here.post("/session/sign-out", { everywhere: "yes" });
    expect(sessionOf(await there.read("/"))).not.toBe(his);
    expect(sessionOf(await grace.read("/"))).toBe(hers);
  });

  it("is refused for an anonymous visitor, whose session is kept", async () => {
    const anonymous = await startWeb();
    const visitor = new HttpVisitor(anonymous.address);
    const before = sessionOf(await visitor.read("/"));
    const answer = await visitor.post("/session/sign-out", {});
    expect(answer.status).toBe(409);
    expect(sessionOf(await visitor.read("/"))).toBe(before);
    await anonymous.close();
  });
});
