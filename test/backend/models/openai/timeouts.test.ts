import pino from "pino";
import { Registry } from "prom-client";
import { createModels } from "../../../../app/backend/models/create-models";
import type { ModelEvent } from "../../../../app/backend/models/model";
import type { ModelTimeouts } from "../../../../app/backend/models/model-settings";
import { createOpenAI } from "../../../../app/backend/models/openai/create-openai";
import {
  completeReply,
  settingsFor,
  streamAndFallSilent,
  textEvent,
} from "../../../support/openai-server";
import {
  type Answer,
  type ScriptedServer,
  startScriptedServer,
} from "../../../support/scripted-server";
import { never, textOf, user } from "../model-provider-contract";

let server: ScriptedServer;
beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(() => server.close());

/** What a reply holds, and what ended it, when the server answers so. */
async function replyTo(answer: Answer, short: Partial<ModelTimeouts>) {
  server.on("/chat/completions", answer);
  const timeouts: ModelTimeouts = {
    connectMs: 10_000,
    firstTokenMs: 10_000,
    betweenTokensMs: 10_000,
    busyMs: 0,
    ...short,
  };
  const provider = createOpenAI(settingsFor(server), timeouts, [
    { model: "m" },
  ]);
  const models = createModels({
    providers: [provider],
    timeouts,
    metrics: new Registry(),
    log: pino({ level: "silent" }),
  });
  const events: ModelEvent[] = [];
  try {
    const messages = [user("hello")];
    for await (const event of models.streamReply(
      "openai/m",
      messages,
      {},
      never(),
    ))
      events.push(event);
    return { text: textOf(events), error: undefined };
  } catch (error) {
    return { text: textOf(events), error };
  } finally {
    await server.idle();
    await models.close();
  }
}

describe("a server that says nothing for too long", () => {
  it("is let go when it does not even answer", async () => {
    const { error } = await replyTo(() => {}, { firstTokenMs: 50 });
    expect(error).toMatchObject({ reason: "timed-out" });
  });

  it("is let go when it answers, and then only keeps the line alive", async () => {
    const answer = streamAndFallSilent(": keep-alive\n\n", ": keep-alive\n\n");
    const { error } = await replyTo(answer, { firstTokenMs: 50 });
    expect(error).toMatchObject({ reason: "timed-out" });
  });

  it("is let go in the middle of its answer, of which nothing is lost", async () => {
    const answer = streamAndFallSilent(textEvent("Half"));
    const { text, error } = await replyTo(answer, { betweenTokensMs: 50 });
    expect(text).toBe("Half");
    expect(error).toMatchObject({ reason: "timed-out" });
  });

  it("is not let go while it speaks", async () => {
    const { text, error } = await replyTo(completeReply("Here I am"), {});
    expect([text, error]).toEqual(["Here I am", undefined]);
  });
});
