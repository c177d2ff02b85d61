import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "../../../app/backend/models/eliza/converse";
import { renderBlocks } from "../../../app/web/rendering/markdown";
import { EventWatcher } from "../../../test/support/event-watcher";
import { HttpVisitor } from "../../../test/support/http-visitor";
import { whereTheyDiffer } from "./where-they-differ";

/** A prompt that Keepsake has acknowledged. */
export interface Acknowledged {
  prompt: string;
  /** The text that the model always writes for it. */
  expected: string;
  /** The final blocks of HTML of each watcher. */
  seen: string[][];
  /** The number of the reply. */
  number: number;
  /** True for a regenerated reply to the prompt before. */
  isAgain: boolean;
}

/** Every so many turns the visitor asks for another reply. */
const AGAIN_EVERY = 2;

/** Two tabs that watch the same reply. */
const WATCHERS = 2;

/** A visitor that retries failed requests with the same key, and reconnects. */
export class SurvivingVisitor {
  readonly acknowledged: Acknowledged[] = [];
  /** Errors that were retried, with their counts. */
  readonly troubles = new Map<string, number>();
  conversation: string | undefined;
  private readonly visitor: HttpVisitor;

  constructor(
    address: string,
    private readonly name: string,
    /** Milliseconds to wait for a response before the request is repeated. */
    private readonly patienceMs = 8_000,
  ) {
    this.visitor = new HttpVisitor(address);
    this.visitor.cookies.set("script", "on");
  }

  /** Talks at least once, until told to stop, and finishes what was begun. */
  async talk(isOver: () => boolean, words: number): Promise<void> {
    await this.insist(() => this.visitor.get("/"), [200]);
    for (let turn = 1; turn === 1 || !isOver(); turn++) {
      const prompt = `${this.name}, turn ${turn}: write ${words} words, please`;
      await this.send(prompt);
      await this.watchAll(prompt, false);
      if (turn % AGAIN_EVERY !== 0) continue;
      await this.regenerate();
      await this.watchAll(prompt, true);
    }
  }

  /** Watches the reply that was begun to its end. */
  private async watchAll(prompt: string, isAgain: boolean): Promise<void> {
    const before = this.acknowledged.filter((one) => !one.isAgain);
    const prompts = before.map((one) => one.prompt);
    if (!isAgain) prompts.push(prompt);
    const number = 2 * (this.acknowledged.length + 1);
    const expected = answer(prompts, isAgain ? 1 : 0);
    const seen = await Promise.all(
      Array.from({ length: WATCHERS }, () => this.watch(number)),
    );
    this.acknowledged.push({ prompt, expected, seen, number, isAgain });
  }

  /** The conversation's page (or that of one of its messages), once it answers. */
  async page(message?: number): Promise<string> {
    const query = message === undefined ? "" : `?message=${message}`;
    const path = this.conversation ? this.conversation + query : "/";
    const answered = await this.insist(() => this.visitor.get(path), [200]);
    return answered.text();
  }

  private async send(message: string): Promise<void> {
    const { conversation } = this;
    const path = conversation ? `${conversation}/messages` : "/conversations";
    const fields = { message, key: randomUUID() };
    const answered = await this.insist(
      () => this.visitor.post(path, fields),
      [303],
    );
    this.conversation ??= (answered.headers.get("location") ?? "").split(
      "#",
    )[0];
  }

  /** Asks for another reply to the last prompt. */
  private async regenerate(): Promise<void> {
    const number = this.acknowledged.at(-1)?.number;
    const path = `${this.conversation}/replies/${number}/regenerate`;
    const fields = { key: randomUUID() };
    await this.insist(() => this.visitor.post(path, fields), [303]);
  }

  private async watch(number: number): Promise<string[]> {
    const watcher = new EventWatcher();
    const address = `${this.conversation}/replies/${number}`;
    while (!watcher.end) {
      try {
        const status = await watcher.follow(this.visitor, address);
        if (status !== 200) this.note(`events: ${status}`);
      } catch (error) {
        this.note(`events: ${reasonOf(error)}`);
      }
      await sleep(50 + 100 * Math.random());
    }
    if (watcher.end.outcome !== "complete") this.note(watcher.end.outcome);
    return watcher.blocks;
  }

  private async insist(
    ask: () => Promise<Response>,
    accepted: number[],
  ): Promise<Response> {
    for (;;) {
      try {
        const answered = await withPatience(ask(), this.patienceMs);
        if (accepted.includes(answered.status)) return answered;
        this.note(`${answered.status}`);
        await answered.arrayBuffer();
      } catch (error) {
        this.note(reasonOf(error));
      }
      await sleep(100 + 200 * Math.random());
    }
  }

  private note(trouble: string): void {
    this.troubles.set(trouble, (this.troubles.get(trouble) ?? 0) + 1);
  }
}

async function withPatience<T>(
  promise: Promise<T>,
  patienceMs: number,
): Promise<T> {
  const late = Symbol("late");
  const first = await Promise.race([
    promise,
    sleep(patienceMs, late, { ref: false }),
  ]);
  if (first === late) throw new Error("no answer in time");
  return promise;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? cause.code : "";
  return [error.message, code].filter(Boolean).join(" ");
}

/** Faults in the final pages of a visitor. */
export async function faultsOf(visitor: SurvivingVisitor): Promise<string[]> {
  const faults: string[] = [];
  const { acknowledged, conversation } = visitor;
  const html = await visitor.page();
  const prompts = acknowledged.filter(({ isAgain }) => !isAgain);
  if (articlesIn(html).length !== 2 * prompts.length) {
    faults.push(
      `${conversation}: ${articlesIn(html).length} messages after ${prompts.length} prompts`,
    );
  }
  for (const { prompt, expected, seen, number } of acknowledged) {
    const wanted = renderBlocks(expected)
      .map((block) => block.html)
      .join("");
    const where = `${conversation}, reply ${number}`;
    // The page shows the last version of a reply.
    const isShown = html.includes(`id="m${number}"`);
    const page = isShown ? html : await visitor.page(number);
    if (page.split(prompt).length !== 2 + titles(page, prompt)) {
      faults.push(`${where}: its prompt is not there exactly once`);
    }
    const reply = articlesIn(page).find((one) => one.includes(`"m${number}"`));
    if (!reply?.includes(wanted)) {
      faults.push(`${where}: the message differs from the model's text`);
    }
    for (const one of seen) {
      if (one.join("") !== wanted) {
        const difference = whereTheyDiffer(one.join(""), wanted);
        faults.push(`${where}: a watcher got a different text: ${difference}`);
      }
    }
  }
  return faults;
}

const articlesIn = (html: string): string[] =>
  html.match(/<article id="m\d+"[^]*?<\/article>/g) ?? [];

/** Count of titles with the prompt: in the sidebar, the heading, the tab. */
function titles(html: string, prompt: string): number {
  const outside = html.replaceAll(/<article [^]*?<\/article>/g, "");
  return outside.split(prompt).length - 1;
}
