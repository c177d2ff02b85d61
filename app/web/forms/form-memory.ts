import { sentence } from "../../core/texts/catalogue";
import { Gauge } from "prom-client";
import { LimitError } from "../../core/domain/errors";
import type { Registry } from "../../core/runtime/metrics";
import { ByteBudget } from "./byte-budget";

/** All forms but those with a long message fit. */
const SHORT_BYTES = 16 * 1024;

/** Long enough for most uploads to end. */
const RETRY_AFTER_SECONDS = 5;

const MB = 1024 * 1024;

/** Balance simultaneous forms against the memory of a pod, which needs twice as much to parse them. */
const SHORT = { total: 16 * MB, perClient: 4 * MB };
const LONG = { total: 32 * MB, perClient: 16 * MB };

/**
 * The memory of forms that are being read or handled. What exceeds the first 16 KB of a form counts in
 * a budget of its own, so that long messages never keep short ones out.
 */
export class FormMemory {
  private readonly short = new ByteBudget(SHORT);
  private readonly long = new ByteBudget(LONG);

  constructor(metrics: Registry) {
    const gauge: Gauge = new Gauge({
      name: "keepsake_form_bytes",
      help: "Bytes of forms that are being read or handled.",
      registers: [metrics],
      collect: () => gauge.set(this.size),
    });
  }

  get size(): number {
    return this.short.size + this.long.size;
  }

  /** The memory of a form. @param client See {@link ByteBudget}. */
  open(client: string): OpenForm {
    return new OpenForm(client, this.short, this.long);
  }
}

export class OpenForm {
  private shortBytes = 0;
  private longBytes = 0;

  constructor(
    private readonly client: string,
    private readonly short: ByteBudget,
    private readonly long: ByteBudget,
  ) {}

  get length(): number {
    return this.shortBytes + this.longBytes;
  }

  /** @throws LimitError 429 if the client has too much in flight, 503 if all clients have. */
  grow(bytes: number): void {
    const inShort = Math.min(bytes, SHORT_BYTES - this.shortBytes);
    this.shortBytes += take(this.short, this.client, inShort);
    this.longBytes += take(this.long, this.client, bytes - inShort);
  }

  close(): void {
    this.short.giveBack(this.client, this.shortBytes);
    this.long.giveBack(this.client, this.longBytes);
  }
}

function take(budget: ByteBudget, client: string, bytes: number): number {
  const lacking = bytes > 0 ? budget.take(client, bytes) : undefined;
  if (lacking === undefined) return bytes;
  throw new LimitError(
    "forms",
    lacking === "client" ? 429 : 503,
    sentence("problem.formsAtOnce"),
    RETRY_AFTER_SECONDS,
  );
}
