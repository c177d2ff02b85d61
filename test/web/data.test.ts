import { createLoadBalancerIdentity } from "../../app/web/identity/load-balancer-identity";
import { createMemorySessionStore } from "../../app/web/sessions/memory-session-store";
import { HttpVisitor } from "../support/http-visitor";
import {
  ARN,
  CLIENT,
  ISSUER,
  startSigningLoadBalancer,
} from "../support/signing-load-balancer";
import { restartWeb, useWeb, visitor, web } from "../support/start-web";
import { VisibleError } from "../../app/core/domain/errors";
import { waitFor } from "../support/wait-for";

useWeb();

/** Begins a conversation, and waits for its reply. */
async function converse(text: string): Promise<string> {
  const path = await visitor.begin(text);
  await waitFor(async () =>
    (await visitor.read(path)).includes(`You said: ${text}`),
  );
  return path;
}

interface Exported {
  format: number;
  projects: { name: string }[];
  conversations: {
    title: string;
    messages: { number: number; text: string }[];
  }[];
}

const sessionOf = (html: string) =>
  /<dt>Session<\/dt><dd>(\w+)/.exec(html)?.[1];

const download = async () => {
  const answer = await visitor.get("/data/download");
  const text = await answer.text();
  return { answer, exported: JSON.parse(text) as Exported };
};

test("the download has all projects, conversations and messages, oldest first", async () => {
  await visitor.post("/projects", { name: "Garden" });
  await converse("About roses");
  const path = await converse("About tulips");
  for (let n = 0; n < 12; n++) {
    await visitor.post(`${path}/messages`, { message: `More ${n}` });
    await waitFor(async () =>
      (await visitor.read(path)).includes(`You said: More ${n}`),
    );
  }
  const { answer, exported } = await download();
  expect(answer.headers.get("content-disposition")).toMatch(
    /attachment; filename="keepsake-\d{4}-\d\d-\d\d\.json"/,
  );
  expect(exported.projects).toMatchObject([{ name: "Garden" }]);
  expect(exported.conversations.map(({ title }) => title)).toEqual([
    "About tulips",
    "About roses",
  ]);
  const { messages } = exported.conversations[0]!;
  expect(messages.map(({ number }) => number)).toEqual(
    Array.from({ length: 26 }, (_, index) => index + 1),
  );
  expect(messages.at(-1)?.text).toBe("You said: More 11");
});

test("the download of a new visitor is an empty document", async () => {
  const { exported } = await download();
  expect(exported).toMatchObject({ projects: [], conversations: [] });
});

test("a download that can't be read is a page that says so, or breaks off", async () => {
  await converse("About roses");
  web.api.fault = new VisibleError(503, "Not now.");
  expect((await visitor.get("/data/download")).status).toBe(503);
});

test("deleting everything asks first, then deletes it and ends the session", async () => {
  const path = await converse("About roses");
  const page = await visitor.read("/data");
  expect(page).toContain(">Download all my data</a>");
  expect(page).toContain('href="/data/delete"');
  const question = await visitor.read("/data/delete");
  expect(question).toContain(">Delete all my data</button>");
  expect(await visitor.read("/")).toContain("About roses");
  const cookies = new Map(visitor.cookies);
  const deleted = await visitor.post("/data/delete", {});
  expect(deleted.status).toBe(200);
  expect(deleted.headers.get("clear-site-data")).toBe('"storage"');
  expect(await deleted.text()).toContain("<h1>All data deleted</h1>");
  const late = new HttpVisitor(web.address);
  for (const [name, value] of cookies) late.cookies.set(name, value);
  expect((await late.get(path)).status).toBe(404);
  expect(await late.read("/")).not.toContain("About roses");
  // A reload of the answer.
  expect((await visitor.post("/data/delete", {})).status).toBe(200);
});

test("a deletion that fails keeps the session, so that it can be repeated", async () => {
  const path = await converse("About roses");
  web.api.fault = new VisibleError(503, "Not now.");
  expect((await visitor.post("/data/delete", {})).status).toBe(503);
  web.api.fault = undefined;
  expect(await visitor.read(path)).toContain("About roses");
  expect((await visitor.post("/data/delete", {})).status).toBe(200);
});

test("a page says that a limit is near, and the refused message is kept in its box", async () => {
  const api = Object.create(web.api) as typeof web.api;
  await restartWeb({
    api: Object.assign(api, {
      readOverview: async () => ({
        conversations: [],
        next: null,
        projects: [],
        models: [],
        quotas: {
          conversations: { used: 9_000, limit: 10_000 },
          bytes: { used: 1, limit: 1024 ** 3 },
        },
      }),
      listLinks: async () => [],
      createConversation: async () => {
        throw new VisibleError(403, "You have reached the limit.");
      },
    }),
  });
  expect(await visitor.read("/")).toContain(
    "You have used 9,000 of 10,000 conversations.",
  );
  expect(await visitor.read("/data")).toContain("1 MB of 1,024 MB");
  const answer = await visitor.post("/conversations", { message: "Not lost" });
  expect(answer.status).toBe(403);
  const page = await answer.text();
  expect(page).toContain("You have reached the limit.");
  expect(page).toContain("Not lost</textarea>");
});

test("a person who signed in loses all sessions with the data", async () => {
  const loadBalancer = await startSigningLoadBalancer();
  const { keysUrl, ca } = loadBalancer;
  const lifetime = { idleMs: 3_600_000, absoluteMs: 36_000_000 };
  await restartWeb({
    store: createMemorySessionStore({ ...lifetime, now: Date.now }),
    identity: createLoadBalancerIdentity({
      loadBalancers: [ARN],
      clientIds: [CLIENT],
      issuer: ISSUER,
      keysUrl,
      ca,
    }),
  });
  const browsers = [0, 1].map(() => {
    const browser = new HttpVisitor(web.address);
    browser.always = () => loadBalancer.vouchFor({ sub: "ada" });
    return browser;
  });
  const [here, there] = browsers as [HttpVisitor, HttpVisitor];
  await here.begin("Dear diary");
  const before = sessionOf(await there.read("/"));
  expect(await there.read("/")).toContain("Dear diary");
  expect((await here.post("/data/delete", {})).status).toBe(200);
  const after = await there.read("/");
  expect(after).not.toContain("Dear diary");
  expect(sessionOf(after)).not.toBe(before);
  await loadBalancer.close();
});
