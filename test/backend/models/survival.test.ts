import path from "node:path";
import { freePorts } from "../../../scripts/local/free-ports";
import { operations } from "../../../app/core/api/operations";
import {
  ConversationPage,
  type Message,
} from "../../../app/core/domain/records";
import {
  converseReply,
  frames,
  startFrame,
  textFrame,
} from "../../support/bedrock-server";
import {
  completeReply,
  streamAndHang,
  textEvent,
} from "../../support/openai-server";
import { startProcess } from "../../support/processes";
import {
  type Answer,
  type ScriptedServer,
  startScriptedServer,
} from "../../support/scripted-server";
import { callApi, TOKEN } from "../../support/start-backend";
import { temporaryFolders } from "../../support/temporary-folder";
import { waitFor } from "../../support/wait-for";

const folder = temporaryFolders();
let server: ScriptedServer;
const running: ReturnType<typeof startProcess>[] = [];

beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(async () => {
  for (const process of running.splice(0)) {
    process.kill("SIGKILL");
    await process.ended;
  }
  await server.close();
});

/** A backend in a process of its own, as in a pod. */
async function startPod(directory: string, env: Record<string, string>) {
  const [port, metricsPort] = await freePorts(2);
  const pod = startProcess("app/backend/main.ts", [], {
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    DATA_DIRECTORY: path.join(directory, "records"),
    SECRETS_DIRECTORY: path.join(directory, "secrets"),
    INTERNAL_TOKEN: TOKEN,
    // Longer than a slow process pauses; a dead one refuses connections.
    LEASE_SECONDS: "6",
    LOG_LEVEL: "silent",
    // No request but those for the reply.
    MODEL_TITLES: "off",
    ...env,
  });
  running.push(pod);
  const url = `http://127.0.0.1:${port}`;
  await waitFor(() =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return { url, pod };
}

/**
 * Kills the pod that writes a reply once half of it was seen. Another pod finishes it.
 *
 * @param elsewhere The other pod's settings, if they differ.
 */
async function survive(
  env: Record<string, string>,
  half: string,
  {
    text = "Tell me something",
    options = {},
    elsewhere = env,
  }: {
    text?: string;
    options?: { maxTokens?: number };
    elsewhere?: Record<string, string>;
  } = {},
): Promise<Message | undefined> {
  const directory = await folder();
  const first = await startPod(directory, env);
  // Before the reply begins: a process starts slowly on a busy machine.
  const second = await startPod(directory, elsewhere);
  const answer = await callApi(first, "POST", "/v1/conversations", {
    body: { text },
  });
  const { conversation } = operations.createConversation.answer.parse(
    answer.body,
  );
  const route = `/v1/conversations/${conversation.id}`;
  const page = async (pod: { url: string }) =>
    ConversationPage.parse((await callApi(pod, "GET", route)).body);
  await waitFor(async () => (await page(second)).reply?.text.startsWith(half));
  await callApi(first, "PATCH", route, { body: options });
  first.pod.kill("SIGKILL");
  await first.pod.ended;
  const { messages } = await waitFor(async () => {
    const now = await page(second);
    return now.reply === null ? now : undefined;
  });
  return messages[1];
}

interface Asked {
  messages: unknown[];
  max_tokens?: number;
}

const asked = () =>
  server.requests
    .filter(({ method }) => method === "POST")
    .map(({ body }) => JSON.parse(body) as Asked);

const halfOf = (answer: Answer, whole: Answer) =>
  server.on("/chat/completions", answer, whole);

function openai(): Record<string, string> {
  return {
    MODEL_PROVIDER: "openai",
    OPENAI_BASE_URL: `${server.url}/v1`,
    MODELS: "m",
  };
}

describe("a reply whose writer is killed", () => {
  it("of eliza is finished to the letter by another process", async () => {
    // Too slow to end before the kill.
    const env = { ELIZA_DELAY_MS: "1000" };
    const message = await survive(env, "About", {
      text: "write 120 words about boats",
      elsewhere: { ELIZA_DELAY_MS: "0" },
    });
    expect(message).toMatchObject({ outcome: "complete" });
    expect(message?.text.split(/\s+/)).toHaveLength(120);
  });

  it("of openai is written again by another process", async () => {
    halfOf(
      streamAndHang(textEvent("Once upon ")),
      completeReply("There was a boat."),
    );
    const message = await survive(openai(), "Once upon ");
    expect(message).toMatchObject({
      outcome: "complete",
      text: "There was a boat.",
    });
  });

  it("of openai continues from its last word if the server supports it", async () => {
    halfOf(streamAndHang(textEvent("Once upon ")), completeReply("a time."));
    const env = { ...openai(), OPENAI_CONTINUATION: "prefill" };
    const options = { maxTokens: 500 };
    const message = await survive(env, "Once upon ", { options });
    expect(message).toMatchObject({
      outcome: "complete",
      text: "Once upon a time.",
    });
    expect(asked().at(-1)?.messages.at(-1)).toEqual({
      role: "assistant",
      content: "Once upon ",
    });
    // The maximum length counts the begun text.
    expect(asked().at(-1)?.max_tokens).toBeLessThan(500);
    expect(asked().at(-1)?.max_tokens).toBeGreaterThan(490);
  });

  it("of bedrock continues from its last word", async () => {
    server.on(
      "/converse-stream",
      frames([startFrame, textFrame("Once upon ")], "hang"),
      converseReply(" a time."),
    );
    const env = {
      MODEL_PROVIDER: "bedrock",
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "example-secret",
    };
    const message = await survive(env, "Once upon ");
    expect(message).toMatchObject({
      outcome: "complete",
      text: "Once upon a time.",
    });
    expect(asked().at(-1)?.messages.at(-1)).toEqual({
      role: "assistant",
      content: [{ text: "Once upon" }],
    });
  });
});
