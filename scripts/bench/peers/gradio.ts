import { randomUUID } from "node:crypto";
import { EventSourceParserStream } from "eventsource-parser/stream";
import type { ChatVisitor, Contestant } from "./chat";
import { startPython } from "./python-chat";
import { PATIENCE_MS } from "./socket";

export const gradio: Contestant = {
  name: "Gradio",
  box: "textarea",
  restores: false,
  start: (env) =>
    startPython(
      () => ["python", "gradio-chat.py"],
      { ...env, GRADIO_ANALYTICS_ENABLED: "False" },
      (url) => new GradioVisitor(url),
    ),
};

/**
 * Speaks the protocol of Gradio's own client: a POST to its queue, and server-sent events. Its page
 * sends further requests for each message, which change the page alone.
 */
class GradioVisitor implements ChatVisitor {
  private readonly session = randomUUID();
  private readonly abort = new AbortController();
  private chat = 0;

  constructor(private readonly url: string) {}

  async open(): Promise<void> {
    await (await this.fetch("/")).arrayBuffer();
    const config = (await (await this.fetch("/config")).json()) as {
      dependencies: { id: number; api_name: string }[];
    };
    const found = config.dependencies.find(
      ({ api_name }) => api_name === "chat",
    );
    if (!found) throw new Error("Gradio has no function `chat`");
    this.chat = found.id;
  }

  async send(message: string, onText: (text: string) => void): Promise<void> {
    const joined = await this.fetch("/gradio_api/queue/join", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        data: [message, null],
        fn_index: this.chat,
        session_hash: this.session,
      }),
    });
    await joined.arrayBuffer();
    const events = await this.fetch(
      `/gradio_api/queue/data?session_hash=${this.session}`,
    );
    if (!events.body) throw new Error("Gradio answered without a body");
    const parsed = events.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    for await (const { data } of parsed) {
      onText(data);
      if (data.includes('"msg":"process_completed"')) {
        if (!data.includes('"success":true'))
          throw new Error(data.slice(0, 300));
        return;
      }
    }
    throw new Error("Gradio's stream ended without its end");
  }

  close(): void {
    this.abort.abort();
  }

  private async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const signal = AbortSignal.any([
      this.abort.signal,
      AbortSignal.timeout(PATIENCE_MS),
    ]);
    const answer = await fetch(this.url + path, { ...init, signal });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    return answer;
  }
}
