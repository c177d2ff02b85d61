import {
  blockStopFrame,
  metadataFrame,
  startFrame,
  stopFrame,
  textFrame,
} from "../../scripts/support/bedrock-frames";
import type { Answer } from "./scripted-server";
import { send } from "./openai-server";

/*
 * Bedrock's answers, as its documentation and the SDK describe them. Cannot notice a wrong signature or
 * region, a model that refuses a field, or a limit: the test provider accepts every request.
 */

export * from "../../scripts/support/bedrock-frames";

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
