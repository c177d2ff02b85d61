import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const IMAGES = "![a](http://b)".repeat(37_000);

/** A model that answers "images" with 512 KB of them, and "write N words" with these, one after another. */
export async function startModelServer(): Promise<{
  url: string;
  close: () => void;
}> {
  const server = createServer((request, response) => {
    // A client that leaves is no fault of this server.
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function* textsFor(body: string): Generator<string> {
  if (body.includes('"images"')) {
    for (let at = 0; at < IMAGES.length; at += 16_000) {
      yield IMAGES.slice(at, at + 16_000);
    }
    return;
  }
  const words = Number(/write (\d+) words/.exec(body)?.[1] ?? 20);
  for (let n = 0; n < words; n++) yield `word${n} `;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (!request.url?.endsWith("/chat/completions")) {
    response.setHeader("content-type", "application/json");
    response.end('{"object":"list","data":[{"id":"a","object":"model"}]}');
    return;
  }
  response.setHeader("content-type", "text/event-stream");
  for (const text of textsFor(Buffer.concat(chunks).toString())) {
    if (response.destroyed) return;
    const choices = [{ index: 0, delta: { content: text } }];
    response.write(`data: ${JSON.stringify({ choices })}\n\n`);
    await sleep(2);
  }
  const end = [{ index: 0, delta: {}, finish_reason: "stop" }];
  response.end(`data: ${JSON.stringify({ choices: end })}\n\ndata: [DONE]\n\n`);
}
