/**
 * Blocks of a reply, from the one at index `from` on. Their HTML begins with the first `same` units
 * of what the event before had, if that began at the same block.
 *
 * @typedef {{ from: number, same?: number, html: string, notice?: string }} BlocksEvent
 */

/** A connection counts as lost after this many heartbeats without an event, however open it seems. */
const MISSED_HEARTBEATS = 2.5;

/** A server that drains ends connections on purpose, and they are back within a second. */
const REPORT_LOSS_AFTER_MS = 2500;

const MAX_RETRY_MS = 8000;

/**
 * The events of a reply in progress, over connections that are made again until the reply ends.
 *
 * Dispatches `blocks`, `notice`, `end` and `state` as custom events, and `unreachable` after some
 * attempts that failed: then the reply may have ended meanwhile, or be gone.
 */
export class ReplyStream extends EventTarget {
  /** @type {"connecting" | "open" | "lost" | "paused" | "closed"} */
  state = "connecting";
  #address;
  /** @type {string | undefined} */
  #lastId;
  /** @type {EventSource | undefined} */
  #source;
  #heartbeatMs = 10_000;
  #failures = 0;
  #last = { from: -1, html: "" };
  /** @type {number | undefined} */
  #silence;
  /** @type {number | undefined} */
  #retry;
  /** @type {number | undefined} */
  #loss;

  /**
   * @param {string} address
   * @param {string | undefined} lastId the id of the last event that the page has seen
   */
  constructor(address, lastId) {
    super();
    this.#address = address;
    this.#lastId = lastId;
  }

  /** True if the server, or a time-out here, closed the connection. */
  get isDisconnected() {
    const isClosed = this.#source?.readyState === EventSource.CLOSED;
    return isClosed && this.state !== "paused";
  }

  connect() {
    const query = this.#lastId ? `?offset=${this.#lastId}` : "";
    const source = new EventSource(this.#address + query);
    this.#source = source;
    this.#last.from = -1;
    if (this.state === "paused") this.#setState("connecting");
    this.#listen(source);
    this.#expectHeartbeat();
  }

  /** Closes the connection until the next {@link connect}, which resumes where this one ended. */
  pause() {
    this.#disconnect();
    clearTimeout(this.#loss);
    this.#loss = undefined;
    this.#setState("paused");
  }

  close() {
    this.pause();
    this.#setState("closed");
  }

  /** @param {EventSource} source */
  #listen(source) {
    this.#on(source, "heartbeat", ({ data }) => {
      this.#heartbeatMs = JSON.parse(data).everyMs;
      this.#expectHeartbeat();
    });
    this.#on(source, "blocks", ({ data, lastEventId }) => {
      this.#lastId = lastEventId;
      this.#dispatch("blocks", this.#withHtml(JSON.parse(data)));
    });
    this.#on(source, "reasoning", ({ data }) => {
      this.#dispatch("reasoning", JSON.parse(data));
    });
    this.#on(source, "notice", ({ data }) => {
      this.#dispatch("notice", JSON.parse(data).notice);
    });
    this.#on(source, "end", ({ data }) => {
      this.close();
      this.#dispatch("end", JSON.parse(data));
    });
    source.addEventListener("reconnect", () => {
      this.#last.from = -1;
    });
    source.addEventListener("trouble", () => this.#setState("lost"));
    source.addEventListener("error", () => {
      this.#last.from = -1;
      // Unless it is closed, the browser connects again.
      if (this.isDisconnected) this.#reconnect(true);
      else this.#suspectLoss();
    });
  }

  /**
   * @param {EventSource} source
   * @param {string} type
   * @param {(event: MessageEvent) => void} handle
   */
  #on(source, type, handle) {
    source.addEventListener(type, (event) => {
      this.#failures = 0;
      clearTimeout(this.#loss);
      this.#loss = undefined;
      this.#setState("open");
      this.#expectHeartbeat();
      handle(event);
    });
  }

  /** @param {BlocksEvent} event */
  #withHtml({ from, same = 0, html, notice }) {
    const known =
      from === this.#last.from ? this.#last.html.slice(0, same) : "";
    this.#last = { from, html: known + html };
    return { ...this.#last, notice };
  }

  /** A server that was frozen, or a lost network, leaves a connection open and silent. */
  #expectHeartbeat() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#setState("lost");
      this.#reconnect(false);
    }, MISSED_HEARTBEATS * this.#heartbeatMs);
  }

  /** @param {boolean} isRefused */
  #reconnect(isRefused) {
    this.#disconnect();
    this.#suspectLoss();
    this.#failures += 1;
    this.#dispatch("unreachable", { failures: this.#failures, isRefused });
    const pause = Math.min(MAX_RETRY_MS, 400 * 2 ** this.#failures);
    const jitter = 0.5 + Math.random();
    this.#retry = setTimeout(() => this.connect(), pause * jitter);
  }

  #disconnect() {
    this.#source?.close();
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
  }

  #suspectLoss() {
    this.#loss ??= setTimeout(
      () => this.#setState("lost"),
      REPORT_LOSS_AFTER_MS,
    );
  }

  /** @param {ReplyStream["state"]} state */
  #setState(state) {
    if (this.state === state || this.state === "closed") return;
    this.state = state;
    this.#dispatch("state", state);
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
