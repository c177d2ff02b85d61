import { get } from "node:http";
import {
  setImmediate as turn,
  setTimeout as sleep,
} from "node:timers/promises";
import { VisibleError } from "../../../app/core/domain/errors";
import { renderText } from "../../../app/web/rendering/growing-markdown";
import { finish } from "../../../app/web/rendering/steps";
import { EventWatcher } from "../../support/event-watcher";
import { failure, slowly, type Step } from "../../support/scripted-stream";
import { expectEventually, once, waitFor } from "../../support/wait-for";
import {
  restartWeb,
  scriptReply,
  useWeb,
  visitor,
  web,
} from "../../support/start-web";

useWeb();

const paragraphs = Array.from({ length: 12 }, (_, i) => `Line ${i} of it.`);
const text = paragraphs.join("\n\n");
const whole = finish(renderText(text)).map(({ html }) => html);

async function metric(name: string): Promise<string | undefined> {
  const all = await web.metrics.metrics();
  return all.split("\n").find((line) => line.startsWith(`${name} `));
}

/** A conversation whose reply continues step by step. */
async function begun(steps: Step[]) {
  const reply = scriptReply(steps);
  return { reply, address: await visitor.begin("hello") };
}

/** Another process takes the reply over, and its model sends these steps. */
async function takeOver(way: "continue" | "restart", steps: Step[]) {
  const reply = scriptReply(steps);
  await web.api.takeOver(way);
  return reply;
}

/** A conversation whose watcher has seen the first half of the reply. */
async function watchedHalf() {
  const { reply, address } = await begun(["One", " two"]);
  const watcher = new EventWatcher();
  reply.next();
  const followed = watcher.follow(visitor, `${address}/replies/2`);
  await waitFor(() => watcher.text === "One");
  return { reply, address, watcher, followed };
}

describe("a reply's events", () => {
  it("contain every word, and then the finished article", async () => {
    web.api.script = () => slowly(text, 1);
    const address = await visitor.begin("hello");
    const watcher = new EventWatcher();
    await watcher.follow(visitor, `${address}/replies/2`);
    expect(watcher.blocks).toEqual(whole);
    expect(watcher.end?.outcome).toBe("complete");
    expect(watcher.end?.html).toContain(whole.join(""));
    expect(watcher.end?.html).toContain('id="m2"');
  });

  it("resume after a lost connection without a lost or doubled character", async () => {
    const { reply, address } = await begun(text.split(/(?<= )/));
    const watcher = new EventWatcher();
    let connections = 0;
    while (!watcher.end && connections < 100) {
      connections++;
      reply.next(5);
      await watcher.follow(
        visitor,
        `${address}/replies/2`,
        ({ events, end }) => !end && events.length > 0,
      );
    }
    expect(connections).toBeGreaterThan(3);
    expect(watcher.blocks).toEqual(whole);
  });

  it("skip text that the client has seen", async () => {
    const { reply, address } = await begun([`${text}\n\nAnd `, "more."]);
    const watcher = new EventWatcher();
    reply.next();
    await watcher.follow(visitor, `${address}/replies/2`, ({ text: seen }) =>
      seen.includes("And"),
    );
    reply.next();
    await watcher.follow(visitor, `${address}/replies/2`);
    const [first] = watcher.events;
    expect(first?.data).not.toContain("Line 0");
    expect(watcher.blocks.at(-1)).toBe("<p>And more.</p>");
  });

  it("do not truncate the client's view while a replay catches up", async () => {
    const { reply, address } = await begun(["One two", " unsent"]);
    const watcher = new EventWatcher();
    reply.next();
    const successor = await takeOver("continue", [" three"]);
    successor.next();
    const path = `${address}/replies/2`;
    await watcher.follow(
      visitor,
      path,
      ({ text: seen }) => seen === "One two three",
    );
    const known = web.api.watchReply.bind(web.api);
    const told: string[] = [];
    // Another process reads the earlier text in several pieces.
    web.api.watchReply = async function* (...asked) {
      const notice = { kind: "notice", notice: "It is looked for." } as const;
      yield { event: notice, offset: "0" };
      for await (const one of known(...asked)) {
        await sleep(30);
        told.push(watcher.text);
        yield one;
      }
    };
    await watcher.follow(visitor, path);
    expect(told.length).toBeGreaterThan(3);
    expect(new Set(told)).toEqual(new Set(["One two three"]));
    expect(watcher.events.map(({ event }) => event)).toContain("notice");
    expect(watcher.text).toBe("One two three");
  });

  it("contain no outdated notice for a client that connects late", async () => {
    const { reply, address } = await begun([
      "One",
      { kind: "waiting", ms: 0, message: "Waiting for it." },
      " two",
      " unsent",
    ]);
    reply.next(3);
    visitor.cookies.set("script", "on");
    await waitFor(async () =>
      (await visitor.read(address)).includes("One two"),
    );
    const successor = await takeOver("restart", ["Three", " four"]);
    successor.next();
    await waitFor(async () => (await visitor.read(address)).includes("Three"));
    const watcher = new EventWatcher();
    await watcher.follow(
      visitor,
      `${address}/replies/2`,
      ({ text: seen }) => seen !== "",
    );
    expect(watcher.text).toBe("Three");
    expect(JSON.stringify(watcher.events)).not.toContain("Waiting");
    successor.next();
  });

  it("include heartbeats, with their interval, while the model is silent", async () => {
    await restartWeb({ heartbeatMs: 50 });
    const { reply, address } = await begun(["One", " two."]);
    const watcher = new EventWatcher();
    await watcher.follow(visitor, `${address}/replies/2`, ({ heartbeats }) => {
      if (heartbeats.length >= 5) reply.next(2);
      return false;
    });
    expect(watcher.end?.outcome).toBe("complete");
    expect(watcher.heartbeats.length).toBeGreaterThanOrEqual(5);
    expect(watcher.heartbeats[0]).toEqual({ everyMs: 50 });
  });

  it("include heartbeats before the first event, and end when the client disconnects", async () => {
    await restartWeb({ heartbeatMs: 50 });
    const { reply, address } = await begun(["One"]);
    const known = web.api.watchReply.bind(web.api);
    const nothing = new AbortController();
    let asked = 0;
    web.api.watchReply = async function* (...given) {
      asked++;
      const both = AbortSignal.any([given[4], nothing.signal]);
      await once(both, "abort");
      yield* known(...given);
    };
    const open = "keepsake_streams_open";
    for (const leaves of ["before", "after"]) {
      asked = 0;
      const leave = new AbortController();
      const answer = visitor.get(
        `${address}/replies/2/events`,
        {},
        leave.signal,
      );
      if (leaves === "before") await waitFor(() => asked > 0);
      else await (await answer).body?.getReader().read();
      expect(await metric(open)).toBe(`${open} 1`);
      leave.abort();
      await answer.catch(() => undefined);
      await waitFor(async () => (await metric(open)) === `${open} 0`);
    }
    nothing.abort();
    reply.next();
  });

  it("have the reasoning as it grows, and how long it took", async () => {
    const { reply, address } = await begun([
      { kind: "reasoning", text: "Hm." },
      { kind: "reasoning", text: " Well." },
      "So it is.",
      " Indeed.",
    ]);
    const watcher = new EventWatcher();
    reply.next(2);
    const path = `${address}/replies/2`;
    await watcher.follow(visitor, path, ({ reasoning }) =>
      reasoning.text.endsWith("Well."),
    );
    expect(watcher.reasoning).toEqual({
      text: "Hm. Well.",
      label: "Thinking…",
      isOver: false,
    });
    reply.next();
    await watcher.follow(visitor, `${address}/replies/2`, ({ text: seen }) =>
      seen.includes("So it is."),
    );
    expect(watcher.reasoning).toEqual({
      text: "Hm. Well.",
      label: "Thought for 1 s",
      isOver: true,
    });
    expect(watcher.notice).toBeUndefined();
  });

  it("contain a reply that ended long ago as a whole", async () => {
    const address = await visitor.begin("hello");
    await new EventWatcher().follow(visitor, `${address}/replies/2`);
    const watcher = new EventWatcher();
    await watcher.follow(visitor, `${address}/replies/2`);
    expect(watcher.end?.html).toContain("You said: hello");
  });

  it("report that another server continued or restarted the reply", async () => {
    const { reply, address } = await begun(["One two", " unsent"]);
    const watcher = new EventWatcher();
    reply.next();
    const followed = watcher.follow(visitor, `${address}/replies/2`);
    await waitFor(() => watcher.text === "One two");
    const second = await takeOver("continue", [" three", " unsent"]);
    second.next();
    await waitFor(() => watcher.text === "One two three");
    expect(watcher.notice).toContain("continued the reply");
    const third = await takeOver("restart", ["Four"]);
    third.next();
    await followed;
    expect(watcher.text).toBe("Four");
    expect(watcher.notice).toContain("started the reply again");
  });

  it("end with an article that has all facts of the end event", async () => {
    const address = await visitor.begin("too long ".repeat(250));
    await new EventWatcher().follow(visitor, `${address}/replies/2`);
    const reply = scriptReply([
      { kind: "reasoning", text: "Thought before." },
      { kind: "usage", inputTokens: 5, outputTokens: 7 },
      "A beginning",
      " unsent",
    ]);
    reply.next(3);
    await visitor.post(`${address}/messages`, {
      message: "also long ".repeat(150),
    });
    const watcher = new EventWatcher();
    const followed = watcher.follow(visitor, `${address}/replies/4`);
    await waitFor(() => watcher.text === "A beginning");
    await visitor.post(`${address}/replies/4/stop`, {});
    await followed;
    const { html } = watcher.end ?? {};
    expect(html).toContain("Model one");
    expect(html).toMatch(/datetime="\d{4}-\d\d-\d\dT[\d:.]+Z"/);
    expect(html).toContain("Thought before.");
    expect(html).toContain("Stopped.");
    expect(html).toContain("its oldest 2 messages were left out");
    expect(html).toContain("7 tokens");
  });

  it("end with the reason of a failure, and a Retry that works", async () => {
    const reason = "The model does not answer. Try another.";
    web.api.script = () => ["A beginning", failure(reason)];
    const address = await visitor.begin("hello");
    const watcher = new EventWatcher();
    await watcher.follow(visitor, `${address}/replies/2`);
    expect(watcher.end?.outcome).toBe("failed");
    expect(watcher.end?.html).toContain(reason);
    expect(watcher.end?.html).toContain(`${address}/replies/2/retry`);
    expect(await visitor.read(address)).toContain(reason);
    web.api.script = () => ["All of it"];
    await visitor.post(`${address}/replies/2/retry`, {});
    const again = new EventWatcher();
    await again.follow(visitor, `${address}/replies/2`);
    expect(again.end?.outcome).toBe("complete");
    expect(again.notice).toBeUndefined();
    expect(await visitor.read(address)).toContain("<p>All of it</p>");
  });

  it("end with a message when the backend is unreachable", async () => {
    const { reply, address, watcher, followed } = await watchedHalf();
    web.api.fault = new VisibleError(503, "The backend is gone.");
    reply.next();
    await followed;
    expect(watcher.events.at(-1)).toMatchObject({
      event: "trouble",
      data: '{"message":"The backend is gone."}',
    });
    expect(Number(watcher.events.at(-1)?.retry)).toBeGreaterThan(0);
    web.api.fault = undefined;
    await watcher.follow(visitor, `${address}/replies/2`);
    expect(watcher.blocks).toEqual(["<p>One two</p>"]);
  });

  it("end when a form stops the reply, and its text stays", async () => {
    const { reply, address, watcher, followed } = await watchedHalf();
    await visitor.post(`${address}/replies/2/stop`, {});
    await followed;
    expect(watcher.end).toMatchObject({ outcome: "stopped" });
    expect(watcher.end?.html).toContain("<p>One</p>");
    reply.next();
  });
});

it("sends watchers elsewhere in a drain, and counts them", async () => {
  const { reply, watcher, followed } = await watchedHalf();
  expect(await metric("keepsake_streams_open")).toBe("keepsake_streams_open 1");
  await web.streams.closeGradually(1);
  await followed;
  expect(watcher.events.at(-1)).toMatchObject({ event: "reconnect" });
  await expectEventually(async () => {
    expect(await metric('keepsake_streams_lost_total{cause="drain"}')).toMatch(
      / 1$/,
    );
    expect(await metric("keepsake_streams_open")).toMatch(/ 0$/);
  });
  reply.next();
});

it("counts a visitor who disconnects, and logs no fault", async () => {
  const { reply, address } = await begun(["One", " two"]);
  reply.next();
  await new EventWatcher().follow(
    visitor,
    `${address}/replies/2`,
    ({ text: seen }) => seen === "One",
  );
  await waitFor(
    async () =>
      (await metric('keepsake_streams_lost_total{cause="visitor"}'))?.endsWith(
        " 1",
      ) === true,
  );
  reply.next();
  await expectEventually(async () => {
    expect(await visitor.read(address)).toContain("One two");
    expect(await metric("keepsake_streams_open")).toMatch(/ 0$/);
  });
});

it("sends the newest state, not every step, to a stalled client", async () => {
  const long = "A sentence that is said again and again. ".repeat(40);
  const steps = 2_000;
  const { reply, address } = await begun(
    Array.from({ length: steps }, () => `${long}\n\n`),
  );
  const request = get(`${web.address}${address}/replies/2/events`, {
    headers: {
      cookie: [...visitor.cookies].map((pair) => pair.join("=")).join("; "),
    },
  });
  const [answer] = await once(request, "response");
  answer.pause();
  for (let i = 0; i < steps; i++) {
    reply.next();
    if (i % 50 === 0) await turn();
  }
  let received = "";
  answer.setEncoding("utf8");
  for await (const chunk of answer) received += chunk;
  expect(received).toContain("event: end");
  // Sending every step would have repeated its two pending blocks.
  expect(received.match(/event: blocks/g)?.length).toBeLessThan(steps / 2);
});

it("answers HEAD without a body, and leaves no stream open", async () => {
  const { reply, address } = await begun(["One"]);
  reply.next();
  const headers = {
    cookie: [...visitor.cookies].map((pair) => pair.join("=")).join("; "),
  };
  const url = `${web.address}${address}/replies/2/events`;
  const answer = await fetch(url, { method: "HEAD", headers });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toMatch("text/event-stream");
  expect(await answer.text()).toBe("");
  await expectEventually(async () => {
    expect(await metric("keepsake_streams_open")).toMatch(/ 0$/);
  });
});
