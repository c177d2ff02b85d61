import pino from "pino";
import type { ConnectedApi } from "../../app/web/backend-client/api";
import { HttpVisitor } from "../support/http-visitor";
import { connectApi } from "../support/connect-api";
import { startBackend, type TestBackend } from "../support/start-backend";
import { startWeb, type TestWeb } from "../support/start-web";
import { waitFor } from "../support/wait-for";

type Line = Record<string, unknown>;

const logged: Record<"web" | "backend", Line[]> = { web: [], backend: [] };
const logInto = (lines: Line[]) =>
  pino(
    { level: "info" },
    { write: (line: string) => lines.push(JSON.parse(line) as Line) },
  );

let backend: TestBackend;
let api: ConnectedApi;
let web: TestWeb;
let visitor: HttpVisitor;

beforeAll(async () => {
  backend = await startBackend({ log: logInto(logged.backend) });
  api = connectApi(backend.url);
  web = await startWeb({ api, log: logInto(logged.web), trustedProxies: 1 });
  visitor = new HttpVisitor(web.address);
});

afterAll(async () => {
  await web.close();
  await api.close();
  await backend.stop();
});

it.each(["t-1", "Root=1-67891233-abcdef012345678912345678"])(
  "logs a request in both processes under its incoming id, %s",
  async (requestId) => {
    // A new visitor, whose records are in no cache.
    await new HttpVisitor(web.address).get("/", { "x-request-id": requestId });
    const isTheRequest = (line: Line) => line.requestId === requestId;
    for (const lines of [logged.web, logged.backend]) {
      await waitFor(async () => lines.some(isTheRequest));
      expect(lines.find(isTheRequest)?.msg).toBe("request completed");
    }
  },
);

it("logs the client's address as the trusted proxy reports it", async () => {
  logged.web.length = 0;
  await visitor.get("/search", { "x-forwarded-for": "203.0.113.9" });
  await waitFor(async () => logged.web.length > 0);
  expect(logged.web[0]?.address).toBe("203.0.113.9");
});

it("logs no probes and files", async () => {
  logged.web.length = 0;
  const page = await visitor.read("/");
  const file = /\/assets\/keepsake[^"]+\.css/.exec(page)?.[0] ?? "";
  for (const path of ["/livez", "/readyz", file]) {
    expect((await visitor.get(path)).status).toBe(200);
  }
  await visitor.get("/search");
  await waitFor(async () => logged.web.some(({ path }) => path === "/search"));
  expect(logged.web.map(({ path }) => path)).toEqual(["/", "/search"]);
});

it("reports the duration of a page's calls by phase, in its header and on the page", async () => {
  const answer = await new HttpVisitor(web.address).get("/");
  const timing = answer.headers.get("server-timing") ?? "";
  expect(timing).toMatch(/api0;desc="\w+";dur=\d+\.\d/);
  for (const phase of ["dns", "connect", "wait", "transfer"]) {
    expect(timing).toMatch(new RegExp(`api0-${phase};dur=\\d+\\.\\d`));
  }
  expect(await answer.text()).toContain('<th scope="col">transfer</th>');
});

it("accepts 64 KB of headers, as a load balancer forwards them", async () => {
  const cookies = Array.from(
    { length: 16 },
    (_, index) => `AWSELBAuthSessionCookie-${index}=${"x".repeat(4_000)}`,
  );
  const answer = await visitor.get("/", { cookie: cookies.join("; ") });
  expect(answer.status).toBe(200);
});

it("refuses more headers, with a remedy", async () => {
  const answer = await visitor.get("/", { "x-long": "x".repeat(100 * 1_024) });
  expect(answer.status).toBe(431);
  expect(await answer.text()).toContain("Delete this site's cookies");
});

it("sends every directive of the content security policy", async () => {
  const answer = await visitor.get("/");
  const policy = answer.headers.get("content-security-policy") ?? "";
  expect(policy.split("; ").toSorted()).toEqual([
    "base-uri 'none'",
    "connect-src 'self'",
    "default-src 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "img-src 'self'",
    "manifest-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
  ]);
});
