import { EventStreamCodec } from "@smithy/core/event-streams";
import type { Answer } from "./scripted-server";
import { send } from "./openai-server";

/*
 * Bedrock's answers, as its documentation and the SDK describe them. Cannot notice a wrong signature or
 * region, a model that refuses a field, or a limit: the test provider accepts every request.
 */

// The SDK's codec: lengths, headers and checksums are real.
const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString("utf8"),
  (text) => Buffer.from(text, "utf8"),
);

const text = (value: string) => ({ type: "string" as const, value });

/** A frame of an event of ConverseStream. */
export function frame(type: string, body: Record<string, unknown>): Uint8Array {
  return codec.encode({
    headers: {
      ":event-type": text(type),
      ":content-type": text("application/json"),
      ":message-type": text("event"),
    },
    // Bedrock pads its events, to hide the length of their text.
    body: Buffer.from(JSON.stringify({ ...body, p: "abcdefgh" })),
  });
}

/** Ends the stream with an error of the service's model. */
export function exceptionFrame(type: string, message: string): Uint8Array {
  return codec.encode({
    headers: {
      ":exception-type": text(type),
      ":content-type": text("application/json"),
      ":message-type": text("exception"),
    },
    body: Buffer.from(JSON.stringify({ message })),
  });
}

/** Ends the stream with an error that is not in the service's model. */
export function errorFrame(code: string, message: string): Uint8Array {
  return codec.encode({
    headers: {
      ":message-type": text("error"),
      ":error-code": text(code),
      ":error-message": text(message),
    },
    body: new Uint8Array(),
  });
}

export const startFrame = frame("messageStart", { role: "assistant" });
export const textFrame = (said: string) => deltaFrame({ text: said });
export const deltaFrame = (delta: Record<string, unknown>) =>
  frame("contentBlockDelta", { contentBlockIndex: 0, delta });
export const blockStopFrame = frame("contentBlockStop", {
  contentBlockIndex: 0,
});
export const stopFrame = (stopReason = "end_turn") =>
  frame("messageStop", { stopReason });
export const metadataFrame = (inputTokens: number, outputTokens: number) =>
  frame("metadata", {
    metrics: { latencyMs: 321 },
    usage: {
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens,
    },
  });

/** Sends each part in a packet of its own, then ends the stream. */
export function frames(
  parts: Uint8Array[],
  ending: "end" | "break" | "hang" = "end",
): Answer {
  return async (response) => {
    response.writeHead(200, {
      "content-type": "application/vnd.amazon.eventstream",
      "x-amzn-requestid": "request-1",
    });
    for (const part of parts) await send(response, part);
    if (ending === "end") response.end();
    if (ending === "break") response.socket?.destroy();
  };
}

/** A whole reply, and its usage. */
export const converseReply = (said: string): Answer =>
  frames([
    startFrame,
    ...said.split(/(?<= )/).map(textFrame),
    blockStopFrame,
    stopFrame(),
    metadataFrame(7, 11),
  ]);

/** An error before the stream. */
export function refusal(
  status: number,
  type: string,
  message: string,
  headers: Record<string, string> = {},
): Answer {
  return (response) => {
    response
      .writeHead(status, {
        "content-type": "application/json",
        "x-amzn-requestid": "request-1",
        "x-amzn-errortype": `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
        ...headers,
      })
      .end(JSON.stringify({ message }));
  };
}
