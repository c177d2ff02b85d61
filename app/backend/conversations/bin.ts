import { NotFoundError } from "../../core/domain/errors";
import type { DeletedConversation } from "../../core/domain/records";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { ConversationState, OwnerState } from "../owner-index/owner-state";
import { toListedConversation } from "../owner-index/to-conversation";
import type { ConversationSettings } from "./conversation-settings";

export interface BinDeps {
  ownerIndex: OwnerIndex;
  settings: ConversationSettings;
  now: () => Date;
  /** How long a deleted conversation can be restored: the term of the sweep. */
  restorableMs: number;
}

/**
 * The deleted conversations that can be restored. A sweep never removes one before its term is over; from
 * then on it may be gone, so it is not in the bin.
 */
export class Bin {
  constructor(private readonly deps: BinDeps) {}

  /** Last deleted first. */
  async list(
    ownerHash: string,
    { limit, cursor }: { limit: number; cursor?: string },
  ): Promise<{ conversations: DeletedConversation[]; next: string | null }> {
    const state = await this.deps.ownerIndex.read(ownerHash);
    const all = [...state.conversations.values()]
      .filter((one) => this.isRestorable(one))
      .toSorted((a, b) => deletedMs(b) - deletedMs(a) || b.order - a.order);
    const found = all.filter(isAfter(cursor));
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      conversations: page.map((one) => this.describe(state, one)),
      next: last && found.length > limit ? cursorAt(last) : null,
    };
  }

  /** @throws NotFoundError if it is not in the bin. */
  async read(ownerHash: string, id: string): Promise<DeletedConversation> {
    const state = await this.deps.ownerIndex.read(ownerHash);
    const one = state.conversations.get(id);
    if (one && this.isRestorable(one)) return this.describe(state, one);
    throw new NotFoundError("conversation");
  }

  /** Deletes a deleted conversation permanently. See {@link ConversationSettings.end}. */
  purge(ownerHash: string, id: string): Promise<void> {
    return this.deps.settings.end(ownerHash, id);
  }

  private isRestorable(one: ConversationState): boolean {
    const { deletedAt, purgedAt } = one.settings;
    if (deletedAt === null || purgedAt !== undefined) return false;
    return this.endMs(one) > this.deps.now().getTime();
  }

  private describe(
    state: Readonly<OwnerState>,
    one: ConversationState,
  ): DeletedConversation {
    return {
      conversation: toListedConversation(state, one),
      restorableUntil: new Date(this.endMs(one)).toISOString(),
    };
  }

  private endMs(one: ConversationState): number {
    return deletedMs(one) + this.deps.restorableMs;
  }
}

const deletedMs = ({ settings }: ConversationState): number =>
  Date.parse(settings.deletedAt ?? "");

const cursorAt = (one: ConversationState): string =>
  `${deletedMs(one)}-${one.order}`;

function isAfter(cursor: string | undefined) {
  const [ms = Infinity, order = Infinity] =
    cursor?.split("-").map(Number) ?? [];
  return (one: ConversationState): boolean =>
    deletedMs(one) < ms || (deletedMs(one) === ms && one.order < order);
}
