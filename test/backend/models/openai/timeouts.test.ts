import pino from "pino";
import { Registry } from "prom-client";
import { createModels } from "../../../../app/backend/models/create-models";
import type { ModelTimeouts } from "../../../../app/backend/models/provider-settings";
import { createOpenAI } from "../../../../app/backend/models/openai/create-openai";
import {
  completeReply,
  settingsFor,
  streamAndHang,
  textEvent,
} from "../../../support/openai-server";
import {
  type Answer,
  server,
  useScriptedServer,
} from "../../../support/scripted-server";
import {
  neverAborts,
  textOf,
  untilFailure,
  user,
} from "../model-provider-contract";

useScriptedServer();

/** The events and the error of a reply if the server sends this answer. */
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
  const { events, error } = await untilFailure(
    models.streamReply("openai/m", [user("hello")], {}, neverAborts()),
  );
  await server.idle();
  await models.close();
  return { text: textOf(events), error };
}

describe("a request to a silent server", () => {
  it("is cancelled if there is no response", async () => {
    const { error } = await replyTo(() => {}, { firstTokenMs: 50 });
    expect(error).toMatchObject({ reason: "timed-out" });
  });

  it("is cancelled if the response only has keep-alives", async () => {
    const answer = streamAndHang(": keep-alive\n\n", ": keep-alive\n\n");
    const { error } = await replyTo(answer, { firstTokenMs: 50 });
    expect(error).toMatchObject({ reason: "timed-out" });
  });

  it("is cancelled in the middle of the reply, which keeps its text", async () => {
    const answer = streamAndHang(textEvent("Half"));
    const { text, error } = await replyTo(answer, { betweenTokensMs: 50 });
    expect(text).toBe("Half");
    expect(error).toMatchObject({ reason: "timed-out" });
  });

  it("is not cancelled while tokens come", async () => {
    const { text, error } = await replyTo(completeReply("Here I am"), {});
    expect([text, error]).toEqual(["Here I am", undefined]);
  });
});
