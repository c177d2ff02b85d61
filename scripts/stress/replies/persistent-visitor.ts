import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { HttpVisitor } from "../../../test/support/http-visitor";

/** A visitor who never gives up: repeats failed requests with the same idempotency key. */
export class PersistentVisitor {
  /** Reasons for retries, each with its count. */
  readonly retries = new Map<string, number>();
  conversation: string | undefined;
  protected readonly visitor: HttpVisitor;

  constructor(
    address: string,
    protected readonly name: string,
    /** The visitor retries a request after this time without a response. */
    private readonly patienceMs = 8_000,
  ) {
    this.visitor = new HttpVisitor(address);
    this.visitor.cookies.set("script", "on");
  }

  /** The page of the conversation, or of a part of it. */
  async page(query = ""): Promise<string> {
    const path = this.conversation ? this.conversation + query : "/";
    const answered = await this.insist(() => this.visitor.get(path), [200]);
    return answered.text();
  }

  protected async send(message: string): Promise<void> {
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

  protected async insist(
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

  protected note(reason: string): void {
    this.retries.set(reason, (this.retries.get(reason) ?? 0) + 1);
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

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? cause.code : "";
  return [error.message, code].filter(Boolean).join(" ");
}

export const articlesIn = (html: string): string[] =>
  html.match(/<article id="m\d+"[^]*?<\/article>/g) ?? [];
