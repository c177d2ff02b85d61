import { Counter, type Registry } from "prom-client";
import { VisibleError } from "../../core/domain/errors";
import type { Quotas as QuotaRecord } from "../../core/domain/records";
import { sentence } from "../../core/texts/catalogue";
import type { Sentence } from "../../core/texts/translation";
import type { OwnerState } from "../owner-index/owner-state";
import type { OwnerIndex } from "../owner-index/owner-index";

export interface QuotasOptions {
  conversations: number;
  bytes: number;
}

/** From this share of a limit, every message reads the owner's index. */
const NEAR = 0.5;

const isNear = ({ used, limit }: QuotaRecord["bytes"]) => used >= NEAR * limit;

const MEGABYTE = 1024 ** 2;

/** Bounds of what an owner may store. Best-effort: requests at the same moment can exceed them. */
export class Quotas {
  private readonly refused: Counter<"quota">;

  constructor(
    private readonly ownerIndex: OwnerIndex,
    private readonly limits: QuotasOptions,
    metrics: Registry,
  ) {
    this.refused = new Counter({
      name: "keepsake_quota_refusals_total",
      help: "Messages and files that were refused because their owner has reached a limit, by quota: conversations, bytes.",
      labelNames: ["quota"],
      registers: [metrics],
    });
  }

  /** The quotas of an owner whose index was just read. */
  async known(ownerHash: string): Promise<QuotaRecord> {
    return this.of(await this.ownerIndex.known(ownerHash));
  }

  /** Deleted conversations do not count. */
  private of(state: Readonly<OwnerState>): QuotaRecord {
    const kept = state.kept();
    const bytes = kept.reduce((sum, one) => sum + one.bytes, 0);
    const { limits } = this;
    return {
      conversations: { used: kept.length, limit: limits.conversations },
      bytes: { used: bytes, limit: limits.bytes },
    };
  }

  /**
   * @param isNew True if the message begins a conversation.
   * @throws VisibleError (403) if the owner has reached a limit.
   */
  async assertRoom(ownerHash: string, isNew: boolean): Promise<void> {
    const known = this.of(await this.ownerIndex.known(ownerHash));
    // Far from a limit, it does not matter what other processes have added since.
    if (!isNear(known.conversations) && !isNear(known.bytes)) return;
    const { conversations, bytes } = this.of(
      await this.ownerIndex.read(ownerHash),
    );
    if (isNew && conversations.used >= conversations.limit) {
      const { limit } = conversations;
      const said = sentence("problem.limit.conversations", { limit });
      throw this.refuse("conversations", said);
    }
    if (bytes.used >= bytes.limit) throw this.refuseBytes("message");
  }

  /** The bytes that an owner may still store. */
  async bytesLeft(ownerHash: string): Promise<number> {
    const { bytes } = this.of(await this.ownerIndex.read(ownerHash));
    return bytes.limit - bytes.used;
  }

  /** @param sent Names the content that found no room. */
  refuseBytes(sent: "message" | "file"): VisibleError {
    const megabytes = Math.round(this.limits.bytes / MEGABYTE);
    const said = sentence(`problem.limit.${sent}`, { megabytes });
    return this.refuse("bytes", said);
  }

  private refuse(quota: string, said: Sentence): VisibleError {
    this.refused.inc({ quota });
    return new VisibleError(403, said);
  }
}
