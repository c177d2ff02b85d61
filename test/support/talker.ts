import type { HttpVisitor } from "./http-visitor";

/** A visitor who talks until told to stop, and remembers what was acknowledged. */
export class Talker {
  readonly acknowledged: { conversation: string; text: string }[] = [];
  private isStopped = false;

  constructor(
    readonly visitor: HttpVisitor,
    private readonly name: number,
  ) {}

  stop(): void {
    this.isStopped = true;
  }

  async talk(): Promise<void> {
    for (let n = 0; !this.isStopped; n++) {
      const text = `Message ${this.name}-${n}.`;
      const last = this.acknowledged.at(-1)?.conversation;
      const address =
        last && n % 5 !== 0 ? `${last}/messages` : "/conversations";
      const answer = await this.visitor.post(address, { message: text });
      await answer.text();
      // A reply may still be written.
      if (answer.status !== 303) continue;
      const conversation = answer.headers.get("location") ?? "";
      this.acknowledged.push({ conversation, text });
    }
  }
}

/** Reads each conversation that the visitor knows. @returns What is missing or does not open. */
export async function missing(
  visitor: HttpVisitor,
  acknowledged: Talker["acknowledged"],
): Promise<string[]> {
  const found: string[] = [];
  const open = async (conversation: string) => {
    const answer = await visitor.get(conversation);
    if (answer.status !== 200) found.push(`${answer.status} ${conversation}`);
    return answer.text();
  };
  for (const conversation of new Set(
    acknowledged.map((one) => one.conversation),
  )) {
    const page = await open(conversation);
    for (const one of acknowledged) {
      if (one.conversation !== conversation || page.includes(one.text))
        continue;
      found.push(`${one.text} in ${conversation}`);
    }
  }
  const list = await visitor.read("/conversations");
  for (const [, listed] of list.matchAll(
    /href="(\/conversations\/[a-z2-7]{26})"/g,
  )) {
    await open(listed!);
  }
  return found;
}
