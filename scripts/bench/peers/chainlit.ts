import { randomUUID } from "node:crypto";
import type { ChatVisitor, Contestant } from "./chat";
import { startPython } from "./python-chat";
import { Socket } from "./socket";

export const chainlit: Contestant = {
  name: "Chainlit",
  box: "#chat-input",
  restores: false,
  start: (env) =>
    startPython(
      (port) => [
        "chainlit",
        "run",
        "chainlit-chat.py",
        "--headless",
        `--port=${port}`,
      ],
      env,
      (url) => new ChainlitVisitor(url),
    ),
};

/** Speaks Chainlit's own protocol: Socket.IO over a WebSocket. */
class ChainlitVisitor implements ChatVisitor {
  private socket: Socket | undefined;
  private onEvent: (event: string) => void = () => undefined;

  constructor(private readonly url: string) {}

  async open(): Promise<void> {
    this.close();
    for (const path of ["/", "/project/settings?language=en-US"])
      await (await fetch(this.url + path)).arrayBuffer();
    const socket = await Socket.open(
      `${this.url.replace("http", "ws")}/ws/socket.io/?EIO=4&transport=websocket`,
      (message) => this.read(message.toString("utf8")),
      { origin: this.url },
    );
    this.socket = socket;
    const auth = {
      clientType: "webapp",
      sessionId: randomUUID(),
      userEnv: "{}",
    };
    await this.exchange("40" + JSON.stringify(auth), isConnected);
    await this.exchange(packet("connection_successful"), isOpen);
  }

  async send(message: string, onText: (text: string) => void): Promise<void> {
    const sent = {
      id: randomUUID(),
      name: "user",
      type: "user_message",
      output: message,
      createdAt: new Date().toISOString(),
    };
    const payload = { message: sent, fileReferences: [] };
    await this.exchange(packet("client_message", payload), isTaskEnd, onText);
  }

  close(): void {
    this.socket?.close();
  }

  private async exchange(
    request: string,
    isLast: (event: string) => boolean,
    onText: (text: string) => void = () => undefined,
  ): Promise<void> {
    await this.socket?.step(request.slice(0, 30), (done) => {
      this.onEvent = (event) => {
        onText(event);
        if (isLast(event)) done();
      };
      this.socket?.send(request);
    });
  }

  private read(event: string): void {
    if (event === PING) this.socket?.send(PONG);
    else if (event.startsWith(EVENT + '["new_message"') && isError(event))
      throw new Error(event.slice(0, 300));
    else this.onEvent(event);
  }
}

/* The packets of Socket.IO begin with their types. */
const PING = "2";
const PONG = "3";
const EVENT = "42";

const packet = (...event: unknown[]) => EVENT + JSON.stringify(event);
const isConnected = (event: string) => event.startsWith("40");
const isOpen = (event: string) => event.startsWith(`${EVENT}["clear_call_fn"`);
const isTaskEnd = (event: string) => event.startsWith(EVENT + '["task_end"');
const isError = (event: string) => event.includes('"isError":true');
