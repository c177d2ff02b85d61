import type { HttpVisitor } from "./http-visitor";
import { nextOf } from "./wait-for";

interface Event {
  event: string;
  id?: string;
  data: string;
  retry?: string;
}

/**
 * Follows a reply's events as the browser's script does, without its page: what the script makes of an
 * event is tested in a browser.
 */
export class EventWatcher {
  /** Events of the current connection. */
  events: Event[] = [];
  /** Heartbeats of the current connection. */
  heartbeats: { everyMs: number }[] = [];
  /** The reply's HTML blocks, as in the page. */
  blocks: string[] = [];
  lastId: string | undefined;
  end: { html: string; outcome: string } | undefined;
  notice: string | undefined;
  reasoning = { text: "", label: "", isOver: false };
  #last = { from: -1, html: "" };

  /**
   * Connects once and reads until the server or `until` ends the connection.
   *
   * @returns the status.
   */
  async follow(
    visitor: HttpVisitor,
    address: string,
    until: (watcher: EventWatcher) => boolean = () => false,
  ): Promise<number> {
    this.events = [];
    this.#last = { from: -1, html: "" };
    const answer = await visitor.get(
      `${address}/events`,
      this.lastId ? { "last-event-id": this.lastId } : {},
    );
    let rest = "";
    const decoder = new TextDecoder();
    const chunks = answer.body?.[Symbol.asyncIterator]();
    const awaited = `the end of the events of ${address}, or ${until.toString()}`;
    if (!chunks) return answer.status;
    for (;;) {
      const { done, value } = await nextOf(chunks, awaited);
      if (done === true) break;
      rest += decoder.decode(value, { stream: true });
      const parts = rest.split("\n\n");
      rest = parts.pop() ?? "";
      parts.forEach((part) => this.#take(part));
      if (until(this)) await chunks.return?.();
    }
    return answer.status;
  }

  /** The visible text. */
  get text(): string {
    return this.blocks.join("\n").replace(/<[^>]*>/g, "");
  }

  #take(part: string): void {
    const event: Event = { event: "", data: "" };
    for (const line of part.split("\n")) {
      const [, name = "", value = ""] = /^(\w+): (.*)$/.exec(line) ?? [];
      if (name) Object.assign(event, { [name]: value });
    }
    if (event.event === "") return;
    if (event.event === "heartbeat") {
      this.heartbeats.push(JSON.parse(event.data));
      return;
    }
    this.events.push(event);
    if (event.event === "end") this.end = JSON.parse(event.data);
    if (event.event === "reasoning") {
      const { from, text, ...rest } = JSON.parse(event.data);
      const kept = this.reasoning.text.slice(0, from);
      this.reasoning = { text: kept + text, ...rest };
    }
    if (event.event === "notice") this.notice = JSON.parse(event.data).notice;
    if (event.event === "blocks") {
      this.lastId = event.id;
      this.#show(JSON.parse(event.data));
    }
  }

  #show(update: {
    from: number;
    same?: number;
    html: string;
    notice?: string;
  }): void {
    const { from, same = 0, notice } = update;
    const known = from === this.#last.from ? this.#last.html : "";
    const html = known.slice(0, same) + update.html;
    this.#last = { from, html };
    // Blocks are always paragraphs in these tests.
    const blocks = html.match(/<p>[^]*?<\/p>/g) ?? [];
    this.blocks = [...this.blocks.slice(0, from), ...blocks];
    this.notice = notice;
  }
}
