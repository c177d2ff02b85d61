import type { ChatVisitor, Contestant } from "./chat";
import { startPython } from "./python-chat";
import { Socket } from "./socket";
import { type PageChange, readChange, rerun } from "./streamlit-wire";

export const streamlit: Contestant = {
  name: "Streamlit",
  box: "[data-testid=stChatInputTextArea]",
  restores: true,
  start: (env) =>
    startPython(
      (port) => [
        "streamlit",
        "run",
        "streamlit-chat.py",
        `--server.port=${port}`,
        "--server.headless=true",
        "--server.fileWatcherType=none",
        "--browser.gatherUsageStats=false",
      ],
      env,
      (url) => new StreamlitVisitor(url),
    ),
};

/** Speaks Streamlit's own protocol: Protocol Buffers over a WebSocket. */
class StreamlitVisitor implements ChatVisitor {
  private socket: Socket | undefined;
  private query = "";
  private box = "";
  private onChange: (change: PageChange) => void = () => undefined;

  constructor(private readonly url: string) {}

  async open(): Promise<void> {
    this.close();
    await (await fetch(this.url)).arrayBuffer();
    this.socket = await Socket.open(
      `${this.url.replace("http", "ws")}/_stcore/stream`,
      (message) => this.read(message),
      { origin: this.url },
      ["streamlit"],
    );
    await this.run(rerun(this.query), () => undefined);
  }

  async send(message: string, onText: (text: string) => void): Promise<void> {
    const typed = { box: this.box, text: message };
    await this.run(rerun(this.query, typed), onText);
  }

  close(): void {
    this.socket?.close();
  }

  private async run(
    request: Uint8Array,
    onText: (text: string) => void,
  ): Promise<void> {
    await this.socket?.step("a run of the script", (done) => {
      this.onChange = ({ text, isFinished }) => {
        if (text) onText(text);
        if (isFinished) done();
      };
      this.socket?.send(request);
    });
  }

  private read(message: Buffer): void {
    const change = readChange(message);
    if (change.exception) throw new Error(change.exception);
    this.query = change.query ?? this.query;
    this.box = change.box ?? this.box;
    this.onChange(change);
  }
}
