import { sentence } from "../../core/texts/catalogue";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { VisibleError, toVisibleError } from "../../core/domain/errors";
import { idPattern, limits } from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";
import type { Api, ApiContext } from "../backend-client/api";
import type { Form, WebContext } from "../middleware/web-context";
import type { RouteDeps } from "./page-deps";

const doneKeys = [
  "done.pin",
  "done.unpin",
  "done.archive",
  "done.unarchive",
  "done.delete",
  "done.restore",
  "done.purge",
  "done.move",
] as const;

type DoneKey = (typeof doneKeys)[number];

/* Actions on several conversations. Each conversation is changed by itself: one that fails stops no other. */

type Work = (api: Api, context: ApiContext, id: string) => Promise<unknown>;

interface Action {
  work: Work;
  /** “3 conversations deleted.” */
  done: DoneKey;
  /** The action that takes it back. */
  undo?: string;
}

const change =
  (changes: Parameters<Api["changeConversation"]>[2]): Work =>
  (api, context, id) =>
    api.changeConversation(context, id, changes);

const actions: Record<string, Action> = {
  pin: { work: change({ pinned: true }), done: "done.pin", undo: "unpin" },
  unpin: { work: change({ pinned: false }), done: "done.unpin", undo: "pin" },
  archive: {
    work: change({ archived: true }),
    done: "done.archive",
    undo: "unarchive",
  },
  unarchive: {
    work: change({ archived: false }),
    done: "done.unarchive",
    undo: "archive",
  },
  delete: {
    work: (api, context, id) => api.deleteConversation(context, id),
    done: "done.delete",
    undo: "restore",
  },
  restore: {
    work: (api, context, id) => api.restoreConversation(context, id),
    done: "done.restore",
    undo: "delete",
  },
  purge: {
    work: (api, context, id) => api.purgeConversation(context, id),
    done: "done.purge",
  },
};

/** The actions of each list. */
const LISTED = {
  conversations: ["pin", "archive", "move", "download", "delete"],
  archive: ["unarchive", "move", "download", "delete"],
  bin: ["restore", "purge"],
} as const;

/** The data of `selection.njk`. */
export const viewActions = (
  list: keyof typeof LISTED,
  locale: Locale,
): object[] =>
  LISTED[list].map((name) => ({ name, label: locale.t(`action.${name}`) }));

export interface Selection {
  action: Action;
  ids: string[];
  /** The address of the list. */
  back: string;
}

const LISTS = /^\/(?:conversations|archive|bin|projects\/[a-z2-7]{26})$/;

/** @throws VisibleError (400) if nothing is selected, or too much; 404 for an unknown action. */
export function readSelection(name: unknown, form: Form): Selection {
  const action =
    name === "move" ? moveTo(form.get("project")) : actions[String(name)];
  if (!action) throw new VisibleError(404, sentence("problem.noPage"));
  const ids = new Set(
    [...form.keys()]
      .filter((field) => field.startsWith("c-"))
      .map((field) => field.slice("c-".length))
      .concat(form.get("ids")?.split(",") ?? [])
      .filter((id) => idPattern.test(id)),
  );
  if (ids.size === 0) {
    throw new VisibleError(400, sentence("problem.noSelection"));
  }
  if (ids.size > limits.selection) {
    throw new VisibleError(
      400,
      sentence("problem.selection", { limit: limits.selection }),
    );
  }
  const back = form.get("back") ?? "";
  return {
    action,
    ids: [...ids],
    back: LISTS.test(back) ? back : "/conversations",
  };
}

const moveTo = (project: string | undefined): Action => ({
  work: change({ project: project || null }),
  done: "done.move",
});

/** Balances the wait for many changes against the calls of other visitors. */
const AT_ONCE = 4;
/** Shorter than proxies wait for an answer. */
const MAX_MS = 20_000;

/** Stands for the texts of `done.noTime` and `done.more`. */
const NO_TIME = "no time";
const MORE = "more";

export interface Done {
  done: DoneKey;
  undo?: string | undefined;
  ids: string[];
  /** The number of conversations by the reason for which they were not changed. */
  failed: Record<string, number>;
}

/** Changes each conversation, also if others fail. */
export async function runSelected(
  { api, now }: Pick<RouteDeps, "api" | "now">,
  context: ApiContext,
  { action, ids }: Omit<Selection, "back">,
): Promise<Done> {
  const until = now() + MAX_MS;
  const done: Done = {
    done: action.done,
    undo: action.undo,
    ids: [],
    failed: {},
  };
  const waiting = [...ids];
  const worker = async (): Promise<void> => {
    for (let id = waiting.shift(); id; id = waiting.shift()) {
      const reason =
        now() < until ? await reasonOf(action.work(api, context, id)) : NO_TIME;
      if (reason === undefined) done.ids.push(id);
      else done.failed[reason] = (done.failed[reason] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return done;
}

/** Why a change failed; `undefined` if it did not. */
async function reasonOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return toVisibleError(error).message;
  }
}

/** Deletes everything in the bin permanently, as far as there is time for it. */
export async function emptyBin(
  deps: Pick<RouteDeps, "api" | "now">,
  context: ApiContext,
): Promise<Done> {
  const until = deps.now() + MAX_MS;
  const all: Done = { done: "done.purge", ids: [], failed: {} };
  let cursor: string | undefined;
  do {
    // Downwards, so that what is deleted meanwhile stays.
    const page = { limit: limits.selection, cursor };
    const { conversations, next } = await deps.api.listDeleted(context, page);
    const ids = conversations.map(({ conversation }) => conversation.id);
    const action = actions.purge!;
    const some = await runSelected(deps, context, { action, ids });
    all.ids.push(...some.ids);
    for (const [reason, count] of Object.entries(some.failed)) {
      all.failed[reason] = (all.failed[reason] ?? 0) + count;
    }
    cursor = next ?? undefined;
  } while (cursor !== undefined && deps.now() < until);
  if (cursor !== undefined) {
    all.failed[MORE] = 0;
  }
  return all;
}

/** The session's key for what was done last with several conversations. */
const DONE = "done";

/** @returns The address of the list, which then tells what was done. */
export function noteDone(
  values: Record<string, unknown>,
  done: Done,
  back: string,
): string {
  const token = randomBytes(6).toString("base64url");
  const { ids, ...rest } = done;
  // The page counts all of them, but needs their ids for the way back alone.
  const kept = done.undo === undefined ? [] : ids;
  values[DONE] = { token, ...rest, ids: kept, count: ids.length };
  return `${back}?done=${token}`;
}

const Noted = z.object({
  token: z.string(),
  done: z.enum(doneKeys),
  undo: z.string().optional(),
  ids: z.array(z.string()),
  count: z.int(),
  failed: z.record(z.string(), z.number()),
});

/** The data of `done.njk`: the address alone could be made up. */
export function viewDone({ query, state }: WebContext): object | undefined {
  const noted = Noted.safeParse(state.visitor.values[DONE]).data;
  if (!noted || noted.token !== query.done) return undefined;
  const { locale } = state;
  const { done, undo, ids, count, failed } = noted;
  return {
    sentence: locale.t(done, { count }),
    failures: Object.entries(failed).map(([reason, failures]) =>
      reason === MORE
        ? locale.t("done.more")
        : locale.t("done.failed", {
            count: failures,
            reason: reason === NO_TIME ? locale.t("done.noTime") : reason,
          }),
    ),
    undo: ids.length > 0 ? undo : undefined,
    ids: ids.join(),
  };
}
