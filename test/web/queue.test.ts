import { failure, type Step } from "../support/scripted-stream";
import { useWeb, visitor, web } from "../support/start-web";
import { waitFor } from "../support/wait-for";

useWeb();
beforeEach(() => {
  // A page that is sent while a reply is being written is sent whole.
  visitor.cookies.set("script", "on");
});

/** The prompts whose replies may end. */
let released: Map<string, Step>;

beforeEach(() => {
  released = new Map();
  web.api.script = async function* (prompt) {
    yield "You said: ";
    yield await waitFor(() => released.get(prompt));
  };
});

const answer = (...prompts: string[]) => {
  for (const prompt of prompts) released.set(prompt, prompt);
};

/** A conversation whose reply to “first” is being written, with queued messages. */
async function begin(...queued: string[]): Promise<string> {
  const address = await visitor.begin("first");
  for (const message of queued) await send(address, message);
  return address;
}

async function send(address: string, message: string): Promise<void> {
  const sent = await visitor.post(`${address}/messages`, { message });
  expect(sent.status).toBe(303);
  expect(sent.headers.get("location")).toBe(address);
}

const articlesIn = (html: string) =>
  [...html.matchAll(/<article id="(\w+)"/g)].map(([, id]) => id);

/** The page once it holds a text. */
const whenShown = (address: string, text: string) =>
  waitFor(async () => {
    const html = await visitor.read(address);
    return html.includes(text) && html;
  });

it("shows a message that was sent while a reply is written as queued", async () => {
  const address = await begin("second <b>", "third");
  const html = await visitor.read(address);
  expect(articlesIn(html)).toEqual(["m1", "m2", "q3", "q5"]);
  expect(html).toContain("second &lt;b&gt;");
  expect(html).toContain(`action="${address}/queue/3/withdraw"`);
  answer("first", "second <b>", "third");
  const end = await whenShown(address, "You said: third");
  expect(articlesIn(end)).toEqual(["m1", "m2", "m3", "m4", "m5", "m6"]);
});

it("edits and withdraws queued messages", async () => {
  const address = await begin("second", "third");
  const message = "second, edited";
  const edited = await visitor.post(`${address}/queue/3`, { message });
  expect(edited.status).toBe(303);
  const withdrawn = await visitor.post(`${address}/queue/5/withdraw`, {});
  expect(withdrawn.status).toBe(303);
  const html = await visitor.read(address);
  expect(articlesIn(html)).toEqual(["m1", "m2", "q3"]);
  expect(html).toContain(message);
  answer("first", message);
  const end = await whenShown(address, `You said: ${message}`);
  expect(articlesIn(end)).toEqual(["m1", "m2", "m3", "m4"]);
});

it("gives an edit that came too late back as a draft", async () => {
  const address = await begin("second");
  answer("first");
  await whenShown(address, 'id="m3"');
  const late = await visitor.post(`${address}/queue/3`, { message: "Late" });
  expect(late.status).toBe(409);
  const page = await late.text();
  expect(page).toContain("The reply to this message has begun.");
  expect(page).toMatch(/<textarea id="message"[^>]*>\nLate<\/textarea>/);
  expect(page).toContain(`action="${address}/messages" id="composer"`);
});

it.each(["0", "2", "x"])("refuses queue/%s", async (number) => {
  const address = await begin();
  const answered = await visitor.post(
    `${address}/queue/${number}/withdraw`,
    {},
  );
  expect(answered.status).toBe(404);
});

it("says why the queue waits after a failure, and sends it on the visitor's word", async () => {
  const address = await begin("second");
  released.set("first", failure("The model is busy."));
  answer("second");
  const html = await whenShown(address, "The model is busy.");
  expect(html).toContain("The reply failed, so the messages below wait.");
  expect(html).toContain(`${address}/replies/2/retry`);
  const sent = await visitor.post(`${address}/queue/continue`, {});
  expect(sent.status).toBe(303);
  const end = await whenShown(address, "You said: second");
  expect(articlesIn(end)).toEqual(["m1", "m2", "m3", "m4"]);
  expect(end).not.toContain("/queue/continue");
});

it("keeps the draft of a browser without a script with an action on the queue", async () => {
  const address = await begin("second");
  visitor.cookies.clear();
  const session = await begin("second");
  const withdrawn = await visitor.post(`${session}/queue/3/withdraw`, {
    message: "typed meanwhile",
  });
  expect(withdrawn.status).toBe(307);
  expect(withdrawn.headers.get("location")).toBe(session);
  expect(address).not.toBe(session);
});

it("is part of the visitor's download", async () => {
  await begin("second");
  const data: unknown = await (await visitor.get("/data/download")).json();
  expect(data).toMatchObject({
    conversations: [{ queue: [{ number: 3, text: "second" }] }],
  });
});

it("says at the end of a reply that the conversation goes on, in every tab", async () => {
  const address = await begin();
  const events = await visitor.get(`${address}/replies/2/events`);
  await send(address, "second");
  answer("first");
  const text = await events.text();
  expect(text).toMatch(/event: end\n.*"isContinued":true/s);
  answer("second");
  const last = await visitor.get(`${address}/replies/4/events`);
  const rest = await last.text();
  expect(rest).toMatch(/event: end\n/);
  expect(rest).not.toContain("isContinued");
});
