import type { ServerResponse } from "node:http";
import type { OpenAISettings } from "../../app/backend/models/provider-settings";
import {
  deltaEvent,
  doneEvent,
  finishEvent,
  textEvent,
  usageEvent,
} from "../../scripts/support/openai-events";
import type { Answer, ScriptedServer } from "./scripted-server";

/*
 * Answers of OpenAI-compatible servers, byte by byte. Cannot notice a request that real servers refuse:
 * scripts/check-openai asks a real one, and its tests ask LiteLLM.
 */

/** The minimal settings of a provider for a server. */
export function settingsFor(server: ScriptedServer): OpenAISettings {
  return {
    baseUrl: `${server.url}/v1`,
    headers: {},
    proxy: {},
    contextTokens: 4_096,
    continuation: "restart",
  };
}

export * from "../../scripts/support/openai-events";

export function beginStream(response: ServerResponse): void {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
  });
}

/** Sends each part in a packet of its own, then ends the stream. */
export function stream(...parts: (string | Uint8Array)[]): Answer {
  return async (response) => {
    beginStream(response);
    for (const part of parts) await send(response, part);
    response.end();
  };
}

/** Sends a part, and resolves once it was handed to the network. */
export async function send(
  response: ServerResponse,
  part: string | Uint8Array,
): Promise<void> {
  await new Promise<void>((resolve) => {
    response.write(part, () => setImmediate(resolve));
  });
}

/** Sends some parts, and leaves the stream open. */
export function streamAndHang(...parts: string[]): Answer {
  return async (response) => {
    beginStream(response);
    for (const part of parts) await send(response, part);
    response.flushHeaders();
  };
}

/** Sends some parts, and breaks the connection. */
export function streamAndBreak(...parts: string[]): Answer {
  return async (response) => {
    beginStream(response);
    for (const part of parts) await send(response, part);
    response.socket?.destroy();
  };
}

export function answerWith(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Answer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/html" : "application/json";
  return (response) => {
    response.writeHead(status, { "content-type": type, ...headers }).end(text);
  };
}

/** A whole reply, and its usage. */
export const completeReply = (text: string): Answer =>
  stream(
    deltaEvent({ role: "assistant", content: "" }),
    ...text.split(/(?<= )/).map(textEvent),
    finishEvent(),
    usageEvent(7, 11),
    doneEvent,
  );
