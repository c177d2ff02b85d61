import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A model whose tokens contain the time when they were sent, so that a client can measure the latency. */
export interface ClockModel {
  /** For `OPENAI_BASE_URL`. */
  url: string;
  /** Tokens per second. */
  rate: number;
  /** Tokens per reply; a lower number also ends replies that have as many. */
  tokens: number;
  close(): void;
}

/** Tokens in a paragraph, as in prose. */
const PARAGRAPH = 60;

/** Milliseconds with two decimals, between a `t` and an `e`. */
const stampOf = (ms: number) => `t${ms.toFixed(2)}e `;

/** All times in a part of a page. */
export function stampsIn(text: string): number[] {
  return [...text.matchAll(/t(\d+\.\d\d)e/g)].map(([, ms]) => Number(ms));
}

/** Starts an OpenAI-compatible server in the client's process, so that both share a clock. */
export async function startClockModel(): Promise<ClockModel> {
  const model = { url: "", rate: 20, tokens: 200, close: () => server.close() };
  const server: Server = createServer((request, response) => {
    request.resume();
    if (request.url?.endsWith("/models")) {
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({ data: [{ id: "clock", object: "model" }] }),
      );
    } else void streamTokens(response, model);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  model.url = `http://127.0.0.1:${port}/v1`;
  return model;
}

async function streamTokens(
  response: ServerResponse,
  model: ClockModel,
): Promise<void> {
  const { rate } = model;
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.socket?.setNoDelay(true);
  // Out of phase with other replies.
  await sleep((1_000 / rate) * Math.random());
  const begun = performance.now();
  for (let token = 0; token < model.tokens && !response.destroyed; token++) {
    const due = begun + (token * 1_000) / rate - performance.now();
    if (due > 0) await sleep(due);
    const end = token % PARAGRAPH === PARAGRAPH - 1 ? "\n\n" : "";
    response.write(chunk({ content: stampOf(performance.now()) + end }));
  }
  response.write(chunk({}, "stop"));
  response.end("data: [DONE]\n\n");
}

function chunk(delta: object, finish_reason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason }];
  return `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices })}\n\n`;
}
