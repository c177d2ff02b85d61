import { toVisibleError } from "../../core/domain/errors";
import type {
  Conversation,
  ModelDescription,
  Project,
} from "../../core/domain/records";
import type { Api, ApiContext } from "../backend-client/api";
import { limitNotice } from "./quotas";
import { groupByDay, type DayGroup } from "./time";

/** The sidebar lists this many conversations, and links to the list of all. */
const SIDEBAR_CONVERSATIONS = 40;

/** The data of the sidebar. */
export interface FrameData {
  groups: DayGroup<Conversation>[];
  /** The address of older conversations, if there are any. */
  more: string | undefined;
  projects: Project[];
  models: ModelDescription[];
  /** A sentence, if the visitor comes near a limit of what they may store. */
  limit: string | undefined;
  /** The reason why a list could not be read. */
  problem: string | undefined;
}

/** Reads the lists of the sidebar. A page is shown without a list that can't be read. */
export async function readFrame(
  api: Api,
  context: ApiContext,
  nowMs: number,
): Promise<FrameData> {
  const [conversations, projects, models, quotas] = await Promise.allSettled([
    api.listConversations(context, { limit: SIDEBAR_CONVERSATIONS }),
    api.listProjects(context),
    api.listModels(context),
    api.readQuotas(context),
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
    limit:
      quotas.status === "fulfilled" ? limitNotice(quotas.value) : undefined,
    problem: failed && toVisibleError(failed.reason).message,
  };
}
