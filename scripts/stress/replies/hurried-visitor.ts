import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "../../../app/backend/models/eliza/converse";
import { renderMarkdown } from "../../../app/web/rendering/growing-markdown";
import { articlesIn, PersistentVisitor } from "./persistent-visitor";

/** Each round sends so many messages, one right after the other. */
const BURST = 4;

/** The part of a patient visitor's words that a reply has: each message waits for several replies. */
const WORDS_PART = 0.2;

const POLL_MS = 500;

/**
 * Sends messages without waiting for replies. Edits one of them and withdraws another, and keeps
 * account of what was acknowledged: each prompt must be answered once, in this order.
 */
export class HurriedVisitor extends PersistentVisitor {
  /** The prompts that were acknowledged and not withdrawn, in the order of their acknowledgement. */
  readonly prompts: string[] = [];
  /** Acknowledged changes of the queue, for the figures. */
  edits = 0;
  withdrawals = 0;

  /** Chats for at least one round, until `isOver`, and waits for the last reply. */
  async talk(isOver: () => boolean, words: number): Promise<void> {
    await this.insist(() => this.visitor.get("/"), [200]);
    const few = Math.max(1, Math.round(words * WORDS_PART));
    for (let round = 1; round === 1 || !isOver(); round++) {
      for (let part = 1; part <= BURST; part++) {
        const prompt = `${this.name}, message ${round}.${part}: write ${few} words, please`;
        await this.send(prompt);
        this.prompts.push(prompt);
      }
      await this.edit(this.prompts.at(-2) ?? "");
      await this.withdraw(this.prompts.at(-1) ?? "");
      await this.waitForAll();
    }
  }

  /** The conversation's messages, oldest first, with those of earlier pages. */
  async articles(): Promise<string[]> {
    let html = await this.page();
    let articles = articlesIn(html);
    for (;;) {
      const query = /href="[^"?]*(\?before=\d+)[^"]*"[^>]*>Earlier/.exec(
        html,
      )?.[1];
      if (!query) return articles;
      html = await this.page(query);
      articles = [...articlesIn(html), ...articles];
    }
  }

  private async edit(prompt: string): Promise<void> {
    const address = await this.addressOf(prompt);
    const message = `${prompt}, again`;
    if (!address || !(await this.change(address, { message }))) return;
    this.prompts[this.prompts.indexOf(prompt)] = message;
    this.edits++;
  }

  private async withdraw(prompt: string): Promise<void> {
    const address = await this.addressOf(prompt);
    if (!address || !(await this.change(`${address}/withdraw`, {}))) return;
    this.prompts.splice(this.prompts.indexOf(prompt), 1);
    this.withdrawals++;
  }

  /** @returns False if the reply to the message has begun. */
  private async change(
    address: string,
    fields: Record<string, string>,
  ): Promise<boolean> {
    const answered = await this.insist(
      () => this.visitor.post(address, fields),
      [303, 409],
    );
    return answered.status === 303;
  }

  /** The address of a queued message; `undefined` if it is not queued any more. */
  private async addressOf(prompt: string): Promise<string | undefined> {
    const html = await this.page();
    const queued = html.match(/<article id="q\d+"[^]*?<\/article>/g) ?? [];
    const article = queued.find((one) => one.includes(`>${prompt}</div>`));
    const number = article && /id="q(\d+)"/.exec(article)?.[1];
    return number && `${this.conversation}/queue/${number}`;
  }

  /** The page alone tells that the queue goes on: nothing follows its replies. */
  private async waitForAll(): Promise<void> {
    for (;;) {
      const html = await this.page();
      if (!/data-events=|id="queue"/.test(html)) return;
      await sleep(POLL_MS * (0.5 + Math.random()));
    }
  }
}

/** Compares the conversation with the acknowledged prompts. */
export async function faultsOfHurried(
  visitor: HurriedVisitor,
): Promise<string[]> {
  const { prompts, conversation } = visitor;
  const articles = await visitor.articles();
  const expected = prompts.flatMap((prompt, index) => [
    `>${prompt}</div>`,
    renderMarkdown(answer(prompts.slice(0, index + 1), 0)),
  ]);
  const faults = expected.flatMap((part, index) =>
    articles[index]?.includes(part)
      ? []
      : [`${conversation}: message ${index + 1} is not what was acknowledged`],
  );
  if (articles.length !== expected.length) {
    faults.push(
      `${conversation}: ${articles.length} messages after ${prompts.length} prompts`,
    );
  }
  return faults;
}
