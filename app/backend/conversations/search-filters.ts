import type { ConversationState, OwnerState } from "../owner-index/owner-state";

/** What a search leaves out, told before a message is read. */
export interface SearchFilters {
  titles?: "only" | undefined;
  project?: string | undefined;
  /** ISO times: only messages from then on, */
  from?: string | undefined;
  /** and older ones. */
  until?: string | undefined;
  archived?: "only" | "without" | undefined;
}

/** The conversations of an owner that may have a hit, most recently used first. */
export function filtered(
  state: Readonly<OwnerState>,
  { project, archived, ...times }: SearchFilters,
): ConversationState[] {
  const lists = { only: "only", without: undefined } as const;
  return state
    .listed(archived ? lists[archived] : "with")
    .filter(
      (one) =>
        (project === undefined || state.projectOf(one) === project) &&
        wasUsed(one, times),
    );
}

/** True if something may have happened in a conversation between two times. */
const wasUsed = (
  { settings, updatedAt }: ConversationState,
  { from, until }: Pick<SearchFilters, "from" | "until">,
): boolean =>
  (from === undefined || Date.parse(updatedAt) >= Date.parse(from)) &&
  (until === undefined || Date.parse(settings.createdAt) < Date.parse(until));

/** True for a time between those of the filters. */
export const isBetween = (
  at: string,
  { from, until }: Pick<SearchFilters, "from" | "until">,
): boolean =>
  (from === undefined || Date.parse(at) >= Date.parse(from)) &&
  (until === undefined || Date.parse(at) < Date.parse(until));
