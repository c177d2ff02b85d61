import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { once, waitFor } from "../../support/wait-for";
import { useWeb, visitor, web } from "../../support/start-web";

useWeb({ trustedProxies: 1 });

const MB = 1024 * 1024;
/** Of several fields, each of an allowed length. */
const LONG_FORM = Array.from(
  { length: 60 },
  (_, index) => `field${index}=${"x".repeat(68 * 1024)}`,
).join("&");
const FORM = "application/x-www-form-urlencoded";

/** Begins a form; the test sends its body. */
async function beginForm(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ sent: ClientRequest; status: Promise<number> }> {
  await visitor.get("/");
  const { cookie } = visitor;
  const sent = request(web.address + path, {
    method: "POST",
    agent: false,
    headers: { "content-type": FORM, cookie, ...headers },
  });
  // The server may close the connection of a body that it dropped.
  sent.on("error", () => undefined);
  const status = once(sent, "response").then(([answer]) => {
    const response = answer as IncomingMessage;
    response.resume();
    // The rest of a body that the server drops.
    response.once("end", () => sent.destroy());
    return response.statusCode ?? 0;
  });
  // For tests that give up a form.
  status.catch(() => undefined);
  return { sent, status };
}

const heldBytes = async () =>
  (await web.metrics.getSingleMetric("keepsake_form_bytes")?.get())?.values[0]
    ?.value ?? NaN;

async function refused(kind: string): Promise<number> {
  const metric = await web.metrics
    .getSingleMetric("keepsake_requests_refused_total")
    ?.get();
  return (
    metric?.values.find(({ labels }) => labels.kind === kind)?.value ?? NaN
  );
}

it.each([
  ["a message", "/conversations", 7 * MB],
  ["a message of a conversation", "/conversations/x/messages", 7 * MB],
  ["a project", "/projects", 200 * 1024],
  ["a title", "/conversations/x/rename", 20 * 1024],
  ["a choice of model", "/session/model", 20 * 1024],
])(
  "refuses %s by its length, before its body arrives",
  async (_, path, length) => {
    const { sent, status } = await beginForm(path, {
      "content-length": String(length),
    });
    sent.flushHeaders();
    expect(await status).toBe(413);
    sent.destroy();
  },
);

it.each([
  [
    "another site's form",
    "/conversations",
    { origin: "https://evil.example" },
    403,
  ],
  ["a form for no address", "/nothing", {}, 404],
])("refuses %s before its body arrives", async (_, path, headers, expected) => {
  const { sent, status } = await beginForm(path, {
    ...headers,
    "content-length": "1000",
  });
  sent.flushHeaders();
  expect(await status).toBe(expected);
  sent.destroy();
});

it("refuses a body without a length at the limit of its form", async () => {
  const { sent, status } = await beginForm("/session/model");
  sent.write("model=");
  for (let piece = 0; piece < 20; piece++) sent.write("x".repeat(1024));
  expect(await status).toBe(413);
  sent.destroy();
});

it("accepts the longest message, as line breaks", async () => {
  const answer = await visitor.post("/conversations", {
    message: `a${"\n".repeat(MB - 2)}b`,
  });
  expect(answer.status).toBe(303);
});

it("refuses a flood of fields", async () => {
  const answer = await visitor.post("/conversations", "a&".repeat(2 * MB));
  expect(answer.status).toBe(413);
  expect(await answer.text()).toContain("at most 264 fields");
});

it("bounds the memory of 60 long forms at once, and serves others meanwhile", async () => {
  const begun = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      beginForm("/conversations", { "x-forwarded-for": `198.51.100.${index}` }),
    ),
  );
  const over = new AbortController();
  let most = 0;
  const observed = (async () => {
    while (!over.signal.aborted) {
      most = Math.max(most, await heldBytes());
      expect((await fetch(`${web.address}/livez`)).status).toBe(200);
      await sleep(5);
    }
  })();
  for (const { sent } of begun) {
    sent.end(LONG_FORM);
  }
  const statuses = await Promise.all(begun.map(({ status }) => status));
  over.abort();
  await observed;
  // Where there was room, the form is refused for its empty message.
  expect(new Set(statuses)).toEqual(new Set([400, 503]));
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(48 * MB);
  expect(await heldBytes()).toBe(0);
  expect(await refused("forms")).toBe(
    statuses.filter((status) => status === 503).length,
  );
});

it("bounds what one network sends at once, and takes forms of others", async () => {
  const begun = await Promise.all(
    Array.from({ length: 5 }, (_, index) =>
      beginForm("/conversations", { "x-forwarded-for": `2001:db8::${index}` }),
    ),
  );
  const from = { "x-forwarded-for": "2001:db8::1" };
  for (const { sent } of begun) sent.write(LONG_FORM);
  expect(await Promise.race(begun.map(({ status }) => status))).toBe(429);
  const short = await visitor.post("/conversations", { message: "hi" }, from);
  expect(short.status).toBe(303);
  const other = await visitor.post("/conversations", {
    message: "x".repeat(MB),
  });
  expect(other.status).toBe(303);
  for (const { sent } of begun) sent.destroy();
});

it("says when to send a refused form again", async () => {
  // What the test before has broken off may still be held.
  await waitFor(async () => (await heldBytes()) === 0);
  const begun = await Promise.all(
    Array.from({ length: 4 }, () => beginForm("/conversations")),
  );
  for (const { sent } of begun) sent.write(LONG_FORM);
  await waitFor(async () => (await heldBytes()) > 15 * MB);
  const answer = await visitor.post("/conversations", {
    message: "x".repeat(MB),
  });
  expect(answer.status).toBe(429);
  expect(answer.headers.get("retry-after")).toBe("5");
  for (const { sent } of begun) sent.destroy();
});
