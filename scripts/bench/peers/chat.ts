/** A kind of chat server that takes part in a comparison. */
export interface Contestant {
  name: string;
  /** The page's message box, as a CSS selector. */
  box: string;
  /** False if a reload shows an empty conversation. */
  restores: boolean;
  /** @param env Settings for the model, as {@link ModelServer} gives them. */
  start(env: Record<string, string>): Promise<RunningChat>;
}

/** A chat server's processes, which listen. */
export interface RunningChat {
  url: string;
  /** From the start of its first process to its first page, in milliseconds. */
  startMs: number;
  /** Resident memory of all its processes, in MiB. */
  memory(): number;
  visitor(): ChatVisitor;
  stop(): Promise<void>;
}

/** A visitor with an own session, who speaks the protocol of the server's own page. */
export interface ChatVisitor {
  /** Loads the page, with the conversation if the server restores it. */
  open(): Promise<void>;
  /**
   * Sends a message in the open page, and resolves at the reply's end.
   *
   * @param onText Is called with each part of the reply as the server sends it, markup included.
   */
  send(message: string, onText: (text: string) => void): Promise<void>;
  close(): void;
}
