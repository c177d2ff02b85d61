import { EventStreamCodec } from "@smithy/core/event-streams";

/* The frames of Bedrock's event streams, for servers that stand in for it. */

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
