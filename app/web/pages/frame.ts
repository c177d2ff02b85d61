import { toVisibleError } from "../../core/domain/errors";
import type {
  Conversation,
  ModelDescription,
  Project,
} from "../../core/domain/records";
import type { Api, ApiContext } from "../backend-client/api";
import { groupByDay, type DayGroup } from "./time";

/** How many conversations the sidebar lists before it points to the list of all. */
const SIDEBAR_CONVERSATIONS = 40;

/** What every page shows around its own content. */
export interface FrameData {
  groups: DayGroup<Conversation>[];
  /** Where the older conversations are, if there are more. */
  more: string | undefined;
  projects: Project[];
  models: ModelDescription[];
  /** Why the lists are not there. */
  problem: string | undefined;
}

/**
 * Reads what surrounds a page. A list that can't be read leaves a hole that says so: the page
 * itself is worth having without it.
 */
export async function readFrame(
  api: Api,
  context: ApiContext,
  nowMs: number,
): Promise<FrameData> {
  const [conversations, projects, models] = await Promise.allSettled([
    api.listConversations(context, { limit: SIDEBAR_CONVERSATIONS }),
    api.listProjects(context),
    api.listModels(context),
  ]);
  const failed = [conversations, projects, models].find(
    (result) => result.status === "rejected",
  );
  const list =
    conversations.status === "fulfilled" ? conversations.value : null;
  return {
    groups: groupByDay(list?.conversations ?? [], nowMs),
    more: list?.next ? "/conversations" : undefined,
    projects: projects.status === "fulfilled" ? projects.value : [],
    models: models.status === "fulfilled" ? models.value : [],
    problem: failed && toVisibleError(failed.reason).message,
  };
}
