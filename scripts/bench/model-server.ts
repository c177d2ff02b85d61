import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import {
  blockStopFrame,
  metadataFrame,
  startFrame,
  stopFrame,
  textFrame,
} from "../support/bedrock-frames";
import { doneEvent, finishEvent, textEvent } from "../support/openai-events";

/** A model's reply to one prompt. Both parts are read again for each token. */
export interface ModelReply {
  /** Tokens per second; as fast as possible if infinite. */
  readonly rate: number;
  /** @returns `undefined` after the last token. */
  token(index: number): string | undefined;
}

/** A model behind the two APIs of real ones, in the client's process, so that both share a clock. */
export interface ModelServer {
  /** Settings for Keepsake's providers, and for the SDKs of OpenAI and AWS. */
  env: Record<string, string>;
  close(): void;
}

/** @param replyTo Receives the text of a conversation's last message. */
export async function startModelServer(
  replyTo: (prompt: string) => ModelReply,
): Promise<ModelServer> {
  const server = createServer((request, response) => {
    if (request.method === "POST")
      void textOf(request).then((body) =>
        answer(response, request.url ?? "", replyTo(promptIn(body))),
      );
    else {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ data: [{ id: "stub", object: "model" }] }));
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    env: environmentOf(`http://127.0.0.1:${port}`),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const environmentOf = (url: string) => ({
  OPENAI_BASE_URL: `${url}/v1`,
  OPENAI_API_KEY: "none",
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
  AWS_REGION: "us-east-1",
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "none",
  AWS_SECRET_ACCESS_KEY: "none",
});

interface Request {
  messages: { content: string | { text?: string }[] }[];
}

function promptIn(body: string): string {
  const { messages } = JSON.parse(body) as Request;
  const content = messages.at(-1)?.content ?? "";
  return typeof content === "string"
    ? content
    : content.map(({ text = "" }) => text).join("");
}

async function answer(
  response: ServerResponse,
  url: string,
  reply: ModelReply,
): Promise<void> {
  response.socket?.setNoDelay(true);
  if (url.endsWith("/converse-stream")) {
    response.writeHead(200, {
      "content-type": "application/vnd.amazon.eventstream",
    });
    response.write(startFrame);
    const sent = await sendTokens(response, reply, textFrame);
    for (const last of [blockStopFrame, stopFrame(), metadataFrame(7, sent)])
      response.write(last);
  } else {
    response.writeHead(200, { "content-type": "text/event-stream" });
    await sendTokens(response, reply, textEvent);
    response.write(finishEvent() + doneEvent);
  }
  response.end();
}

/** @returns the number of tokens. */
async function sendTokens(
  response: ServerResponse,
  reply: ModelReply,
  encode: (text: string) => string | Uint8Array,
): Promise<number> {
  const { rate } = reply;
  // Out of phase with other replies.
  if (rate < Infinity) await sleep((1_000 / rate) * Math.random());
  const begun = performance.now();
  for (let index = 0; !response.destroyed; index++) {
    const due = begun + (index * 1_000) / rate - performance.now();
    if (due > 0) await sleep(due);
    const text = reply.token(index);
    if (text === undefined) return index;
    response.write(encode(text));
  }
  return 0;
}
