import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "../../../../app/preflight/message-of";
import { EventWatcher } from "../../../support/event-watcher";
import { HttpVisitor } from "../../../support/http-visitor";
import { settings } from "./cluster";

export interface Counts {
  requests: number;
  /** Requests without a response, or with an error status. */
  failed: string[];
  replies: number;
  /** Reopened streams: allowed, since no text is lost. */
  reconnects: number;
  /** Received and expected characters of replies. */
  characters: number;
  expected: number;
}

/** The built-in model's answer to `count to 40`. */
export const numbersTo = (to: number) =>
  `${Array.from({ length: to }, (_, index) => index + 1).join(", ")}.`;

const RECONNECTS_MAX = 60;

/** The ingress's cookie, which keeps a visitor at one pod. */
export const POD_COOKIE = "keepsake-pod";

/** A client that chats, checks every character of the replies, and counts errors. */
export class CountingClient {
  readonly counts: Counts = {
    requests: 0,
    failed: [],
    replies: 0,
    reconnects: 0,
    characters: 0,
    expected: 0,
  };
  readonly visitor = new HttpVisitor(settings.url);
  #stopped = false;

  /**
   * @param keepsCookie Keep the ingress's cookie. Without it, each request may reach another pod.
   */
  constructor(
    private readonly countTo = 60,
    private readonly keepsCookie = true,
  ) {}

  /** Chats until it is stopped. */
  async talk(): Promise<Counts> {
    while (!this.#stopped) {
      await this.converse();
      await wait(100);
    }
    return this.counts;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** A conversation: the home page, a prompt, the whole reply, and the page afterwards. */
  async converse(): Promise<void> {
    await this.#ask("GET /", () => this.visitor.get("/"));
    const begun = await this.#ask("POST /conversations", () =>
      this.visitor.post("/conversations", {
        message: `count to ${this.countTo}`,
      }),
    );
    const address = begun?.headers.get("location");
    if (!address) return;
    const text = await this.#follow(`${address}/replies/2`);
    this.#compare(address, text);
    const page = await this.#ask(`GET ${address}`, () =>
      this.visitor.get(address),
    );
    const times = page && plain(page.text).split(numbersTo(this.countTo));
    if (times && times.length !== 2) {
      this.counts.failed.push(
        `the page ${address} has the whole reply ${times.length - 1} times`,
      );
    }
  }

  /** Follows a reply as a browser does: after a lost stream it resumes at its offset. */
  async #follow(address: string): Promise<string> {
    const watcher = new EventWatcher();
    for (let tries = 0; tries < RECONNECTS_MAX && !watcher.end; tries += 1) {
      if (tries > 0) {
        this.counts.reconnects += 1;
        await wait(200);
      }
      await this.#once(watcher, address);
    }
    this.counts.replies += 1;
    return watcher.end ? plain(watcher.end.html) : `(cut) ${watcher.text}`;
  }

  async #once(watcher: EventWatcher, address: string): Promise<void> {
    this.#forget();
    this.counts.requests += 1;
    try {
      const status = await watcher.follow(this.visitor, address);
      if (status >= 400) this.counts.failed.push(`${status} ${address}/events`);
    } catch {
      // Browsers reopen a stream that was cut.
    }
  }

  #compare(address: string, text: string): void {
    const expected = numbersTo(this.countTo);
    this.counts.expected += expected.length;
    if (text.includes(expected)) this.counts.characters += expected.length;
    else
      this.counts.failed.push(`${address} came out as: ${text.slice(0, 400)}`);
  }

  async #ask(
    what: string,
    send: () => Promise<Response>,
  ): Promise<{ headers: Headers; text: string } | undefined> {
    this.#forget();
    this.counts.requests += 1;
    try {
      const answer = await send();
      const text = await answer.text();
      if (answer.status >= 400)
        this.counts.failed.push(
          `${answer.status} ${what}: ${plain(text).slice(0, 300)}`,
        );
      return { headers: answer.headers, text };
    } catch (error) {
      this.counts.failed.push(`${what}: ${messageOf(error)}`);
      return undefined;
    }
  }

  #forget(): void {
    if (!this.keepsCookie) this.visitor.cookies.delete(POD_COOKIE);
  }
}

/** The visible text. */
export const plain = (html: string) =>
  html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");

/** Lets clients chat while something happens, and adds up their counts. */
export async function underLoad(
  clients: CountingClient[],
  happen: () => Promise<void>,
): Promise<Counts> {
  const talking = Promise.all(clients.map((client) => client.talk()));
  try {
    await happen();
  } finally {
    for (const client of clients) client.stop();
  }
  const total = (await talking).reduce(add);
  console.error(
    `counted: ${total.requests} requests, ${total.failed.length} failed; ${total.replies} replies, ` +
      `${total.characters} of ${total.expected} characters, ${total.reconnects} streams opened again`,
  );
  return total;
}

function add(a: Counts, b: Counts): Counts {
  return {
    requests: a.requests + b.requests,
    failed: [...a.failed, ...b.failed],
    replies: a.replies + b.replies,
    reconnects: a.reconnects + b.reconnects,
    characters: a.characters + b.characters,
    expected: a.expected + b.expected,
  };
}

/** Clients with the ingress's cookie, and one without. */
export const visitors = () => [
  new CountingClient(60),
  new CountingClient(90),
  new CountingClient(40, false),
];

/** Fails with the error messages, not with a number. */
export function expectNothingLost(counts: Counts): void {
  expect(counts.failed).toEqual([]);
  expect(counts.characters).toBe(counts.expected);
  expect(counts.replies).toBeGreaterThan(0);
}
