import { VisibleError } from "../../../core/domain/errors";
import type { ReplyContext } from "../reply-context";
import type { WriterPool } from "./writer-pool";

/** Limits how many replies are written at once. */
export class ReplySlots {
  /** Owners with a reserved slot whose reply has not started. */
  private readonly reserved = new Set<string>();

  constructor(
    private readonly context: ReplyContext,
    private readonly pool: WriterPool,
  ) {}

  /**
   * Reserves a slot, to be released.
   *
   * @throws VisibleError (429) if the owner has too many unfinished replies; (503) if this process
   *   writes too many.
   */
  async reserve(ownerHash: string): Promise<void> {
    const { perOwner, perProcess } = this.context;
    this.reserved.delete(ownerHash);
    if (this.pool.size + this.reserved.size >= perProcess) {
      throw new VisibleError(
        503,
        "The server is writing too many replies. Try again in a few seconds.",
      );
    }
    this.reserved.add(ownerHash);
    if ((await this.context.index.countOf(ownerHash)) >= perOwner) {
      throw new VisibleError(
        429,
        `You already have ${perOwner} replies in progress. Wait for one to finish or stop one, then try again.`,
      );
    }
  }

  /** Frees the slot: the reply has started, so that the pool counts it, or it could not start. */
  release(ownerHash: string): void {
    this.reserved.delete(ownerHash);
  }
}
