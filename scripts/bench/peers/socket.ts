import { WebSocket } from "undici";

/** The limit of any step of a visitor. */
export const PATIENCE_MS = 60_000;

/** A WebSocket whose messages a visitor waits for. */
export class Socket {
  private closed: Error | undefined;
  private fail: (error: Error) => void = () => undefined;

  private constructor(private readonly socket: WebSocket) {}

  /** @param onMessage Is called with each message, whether or not a step waits for it. */
  static async open(
    url: string,
    onMessage: (message: Buffer) => void,
    headers: Record<string, string> = {},
    protocols: string[] = [],
  ): Promise<Socket> {
    const inner = new WebSocket(url, { headers, protocols });
    inner.binaryType = "arraybuffer";
    const socket = new Socket(inner);
    const end = () => socket.close(new Error(`${url} closed the connection`));
    inner.addEventListener("close", end);
    inner.addEventListener("error", end);
    inner.addEventListener("message", ({ data }) => {
      try {
        onMessage(Buffer.from(data as ArrayBuffer));
      } catch (error) {
        socket.close(error as Error);
      }
    });
    await socket.step("the connection", (done) =>
      inner.addEventListener("open", done),
    );
    return socket;
  }

  send(message: string | Uint8Array): void {
    this.socket.send(message);
  }

  /** Resolves when `begin` calls its argument. @throws Error after {@link PATIENCE_MS}, or if the connection ends. */
  async step(name: string, begin: (done: () => void) => void): Promise<void> {
    if (this.closed) throw this.closed;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.fail = reject;
        timer = setTimeout(
          () => reject(new Error(`${name} took over a minute`)),
          PATIENCE_MS,
        );
        begin(resolve);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  close(reason = new Error("the visitor left")): void {
    this.closed ??= reason;
    this.fail(this.closed);
    this.socket.close();
  }
}
