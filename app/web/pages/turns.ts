import {
  type ConversationPage,
  isPrompt,
  type Prompt,
  type Reply,
} from "../../core/domain/records";
import {
  hasTurn,
  isBranch,
  toBranch,
  TurnTree,
} from "../../core/domain/turn-tree";
import { turnOf } from "../../core/domain/turns";

/** A turn as a page shows it. Either part may be missing: a failed reply, a damaged prompt. */
export interface ShownTurn {
  number: number;
  prompt?: Prompt;
  reply?: Reply;
  versions: VersionsView | undefined;
}

/** The shown version of a turn, counted from 1, and the addresses of its neighbours. */
export interface VersionsView {
  version: number;
  count: number;
  previous: string | undefined;
  next: string | undefined;
}

export interface ShownTurns {
  turns: ShownTurn[];
  tree: TurnTree;
  /** The query that shows earlier turns. */
  older: string | undefined;
  /** The query that shows later turns. */
  newer: string | undefined;
  /** True if the conversation continued in another thread. */
  isAside: boolean;
}

/** The turns of one thread of a conversation. */
export function shownTurns(page: ConversationPage): ShownTurns {
  const { conversation, messages, hasOlder, thread } = page;
  const tree = treeOf(page);
  const last = thread?.last ?? tree.newest;
  const runs = tree.threadTo(last);
  const isAside = last !== tree.newest;
  const turns = new Map<number, ShownTurn>();
  for (const message of messages) {
    const number = turnOf(message.number);
    if (!hasTurn(runs, number)) continue;
    const versions = viewVersions(conversation.id, tree, number, last);
    const turn = turns.get(number) ?? { number, versions };
    turns.set(number, turn);
    if (isPrompt(message)) turn.prompt = message;
    else turn.reply = message;
  }
  const shown = [...turns.values()];
  const inThread = isAside ? `&message=${last}` : "";
  const newest = shown.at(-1)?.number ?? 0;
  return {
    turns: shown,
    tree,
    older: hasOlder ? `?before=${shown[0]?.number ?? 1}${inThread}` : undefined,
    newer: newest < last ? (isAside ? `?message=${last}` : "") : undefined,
    isAside,
  };
}

/** A page from an earlier version of the backend has no thread: then its messages tell. */
function treeOf({ thread, messages, reply }: ConversationPage): TurnTree {
  if (thread) return new TurnTree(thread.branches, thread.newest);
  const branches = messages.filter(isPrompt).filter(isBranch).map(toBranch);
  const last = reply?.number ?? messages.at(-1)?.number ?? 1;
  return new TurnTree(branches, turnOf(last));
}

function viewVersions(
  conversation: string,
  tree: TurnTree,
  number: number,
  last: number,
): VersionsView | undefined {
  const versions = tree.versionsOf(number);
  if (versions.length === 1) return undefined;
  const index = versions.indexOf(number);
  const address = (turn: number | undefined) => {
    if (turn === undefined) return undefined;
    const isNewest = tree.newestThrough(turn) === tree.newest;
    const query =
      isNewest && turn === tree.newest ? "" : `?message=${turn + 1}`;
    // The last turn is in view anyway.
    const isLast = number === last && query === "";
    return `/conversations/${conversation}${query}${isLast ? "" : `#m${turn + 1}`}`;
  };
  return {
    version: index + 1,
    count: versions.length,
    previous: address(versions[index - 1]),
    next: address(versions[index + 1]),
  };
}
