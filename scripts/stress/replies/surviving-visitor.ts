import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "../../../app/backend/models/eliza/converse";
import { renderMarkdown } from "../../../app/web/rendering/growing-markdown";
import { EventWatcher } from "../../../test/support/event-watcher";
import { firstDifference } from "./first-difference";
import { articlesIn, PersistentVisitor, reasonOf } from "./persistent-visitor";

/** An acknowledged prompt and its reply. */
export interface Acknowledged {
  prompt: string;
  /** The model's text, which is deterministic. */
  expected: string;
  /** The HTML blocks that each watcher ended with. */
  seen: string[][];
  /** The number of the reply. */
  number: number;
  /** True for another version of the previous reply. */
  isRegenerated: boolean;
}

/** The visitor regenerates the reply of every second turn. */
const REGENERATE_EVERY = 2;

/** Like two tabs on the same reply. */
const WATCHERS = 2;

/** Waits for each reply, and watches it to its end over any number of connections. */
export class SurvivingVisitor extends PersistentVisitor {
  readonly acknowledged: Acknowledged[] = [];

  /** Chats for at least one turn, until `isOver`, and finishes the last turn. */
  async talk(isOver: () => boolean, words: number): Promise<void> {
    await this.insist(() => this.visitor.get("/"), [200]);
    for (let turn = 1; turn === 1 || !isOver(); turn++) {
      const prompt = `${this.name}, turn ${turn}: write ${words} words, please`;
      await this.send(prompt);
      await this.watchAll(prompt, false);
      if (turn % REGENERATE_EVERY !== 0) continue;
      await this.regenerate();
      await this.watchAll(prompt, true);
    }
  }

  /** Watches the current reply to its end. */
  private async watchAll(
    prompt: string,
    isRegenerated: boolean,
  ): Promise<void> {
    const earlier = this.acknowledged.filter((turn) => !turn.isRegenerated);
    const prompts = earlier.map((turn) => turn.prompt);
    if (!isRegenerated) prompts.push(prompt);
    const number = 2 * (this.acknowledged.length + 1);
    const expected = answer(prompts, isRegenerated ? 1 : 0);
    const seen = await Promise.all(
      Array.from({ length: WATCHERS }, () => this.watch(number)),
    );
    this.acknowledged.push({ prompt, expected, seen, number, isRegenerated });
  }

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
}

/** Compares a visitor's pages and streams with the acknowledged replies. */
export async function faultsOf(visitor: SurvivingVisitor): Promise<string[]> {
  const faults: string[] = [];
  const { acknowledged, conversation } = visitor;
  const html = await visitor.page();
  const prompts = acknowledged.filter(({ isRegenerated }) => !isRegenerated);
  if (articlesIn(html).length !== 2 * prompts.length) {
    faults.push(
      `${conversation}: ${articlesIn(html).length} messages after ${prompts.length} prompts`,
    );
  }
  for (const { prompt, expected, seen, number } of acknowledged) {
    const wanted = renderMarkdown(expected);
    const where = `${conversation}, reply ${number}`;
    // The page shows only the last version of a reply.
    const isShown = html.includes(`id="m${number}"`);
    const page = isShown ? html : await visitor.page(`?message=${number}`);
    if (page.split(prompt).length !== 2 + titles(page, prompt)) {
      faults.push(`${where}: the prompt is not shown exactly once`);
    }
    const reply = articlesIn(page).find((article) =>
      article.includes(`"m${number}"`),
    );
    if (!reply?.includes(wanted)) {
      faults.push(`${where}: the message differs from the model's text`);
    }
    for (const blocks of seen) {
      if (blocks.join("") !== wanted) {
        const difference = firstDifference(blocks.join(""), wanted);
        faults.push(`${where}: a watcher saw another text: ${difference}`);
      }
    }
  }
  return faults;
}

/** The prompt is also the title in the sidebar, the heading and the tab. */
function titles(html: string, prompt: string): number {
  const outside = html.replaceAll(/<article [^]*?<\/article>/g, "");
  return outside.split(prompt).length - 1;
}
