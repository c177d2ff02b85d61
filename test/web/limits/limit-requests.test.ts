import {
  restartWeb,
  scriptReply,
  useWeb,
  visitor,
  web,
} from "../../support/start-web";
import { expectEventually } from "../../support/wait-for";

useWeb({
  trustedProxies: 1,
  // One at once of each.
  limitsPerMinute: { messages: 4, streams: 4, searches: 4 },
});

const from = (address: string) => ({ "x-forwarded-for": address });

const send = (address: string) =>
  visitor.post("/conversations", { message: "hi" }, from(address));

async function refused(kind: string): Promise<number | undefined> {
  const metric = await web.metrics
    .getSingleMetric("keepsake_requests_refused_total")
    ?.get();
  return metric?.values.find(({ labels }) => labels.kind === kind)?.value;
}

it("limits messages by address, whatever cookie comes with them", async () => {
  expect((await send("192.0.2.1")).status).toBe(303);
  visitor.cookies.clear();
  const answer = await send("192.0.2.1");
  expect(answer.status).toBe(429);
  const seconds = Number(answer.headers.get("retry-after"));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(15);
  expect(await answer.text()).toContain(
    `Too many messages were sent from your network address. Wait ${seconds} second`,
  );
  expect((await send("192.0.2.2")).status).toBe(303);
  expect(await refused("messages")).toBe(1);
});

it("counts only the address that the trusted proxy added", async () => {
  expect((await send("192.0.2.1")).status).toBe(303);
  expect((await send("198.51.100.1, 192.0.2.1")).status).toBe(429);
});

it("counts all addresses of an IPv6 /64 as one", async () => {
  expect((await send("2001:db8:1:2::1")).status).toBe(303);
  expect((await send("2001:db8:1:2:ffff::1")).status).toBe(429);
  expect((await send("2001:db8:1:3::1")).status).toBe(303);
});

it("limits searches and streams by address, with a sentence for programs", async () => {
  const address = await visitor.begin("hi");
  for (const [path, accept, kind] of [
    ["/search?q=hi", "application/json", "searches"],
    [`${address}/replies/2/events`, "text/event-stream", "streams"],
  ] as const) {
    const headers = { accept, ...from("192.0.2.7") };
    const gone = new AbortController();
    const first = await visitor.get(path, headers, gone.signal);
    expect(first.status).toBe(200);
    gone.abort();
    const answer = await visitor.get(path, headers);
    expect(answer.status).toBe(429);
    expect(answer.headers.get("content-type")).toContain("text/plain");
    expect(await answer.text()).toMatch(/^Too many .* Wait \d+ second.*\n$/);
    expect(await refused(kind)).toBe(1);
  }
});

it("never limits pages, files and probes", async () => {
  for (const path of ["/", "/livez", "/conversations", "/"]) {
    expect((await visitor.get(path, from("192.0.2.9"))).status).toBe(200);
  }
});

it("limits new sessions by address, and serves visitors who have one", async () => {
  await restartWeb({ trustedProxies: 1, limitsPerMinute: { sessions: 4 } });
  const address = from("192.0.2.1");
  const begin = () =>
    visitor.post("/conversations", { message: "hi" }, address);
  expect((await begin()).status).toBe(303);
  const known = new Map(visitor.cookies);
  visitor.cookies.clear();
  const refusal = await begin();
  expect(refusal.status).toBe(429);
  // A page needs no stored session.
  expect((await visitor.get("/", address)).status).toBe(200);
  known.forEach((value, name) => visitor.cookies.set(name, value));
  expect((await begin()).status).toBe(303);
  const reset = await visitor.post("/session/reset", {}, address);
  expect(reset.status).toBe(429);
  expect(await refused("sessions")).toBe(2);
});

it("bounds the replies that one visitor watches at once", async () => {
  await restartWeb({ maxStreamsPerOwner: 2 });
  const reply = scriptReply(["One", " two"]);
  const events = `${await visitor.begin("hi")}/replies/2/events`;
  reply.next();
  const [first, second] = [new AbortController(), new AbortController()];
  const watch = (gone?: AbortController) =>
    visitor.get(events, { accept: "text/event-stream" }, gone?.signal);
  expect((await watch(first)).status).toBe(200);
  expect((await watch(second)).status).toBe(200);
  const refusal = await watch();
  expect(refusal.status).toBe(429);
  expect(refusal.headers.get("retry-after")).toBe("30");
  expect(await refusal.text()).toContain("watching 2 replies at once");
  expect(await refused("streams")).toBe(1);
  first.abort();
  await expectEventually(async () => {
    const again = new AbortController();
    expect((await watch(again)).status).toBe(200);
    again.abort();
  });
  second.abort();
});

it("finds no page at an address in capitals, which the limits don't know", async () => {
  for (const path of ["/Search?q=hi", "/CONVERSATIONS", "/Data"]) {
    expect((await visitor.get(path, from("192.0.2.8"))).status).toBe(404);
  }
  const headers = from("192.0.2.8");
  const sent = await visitor.post("/Conversations", { message: "hi" }, headers);
  expect(sent.status).toBe(404);
});
