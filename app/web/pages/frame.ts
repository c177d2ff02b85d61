import { toVisibleError } from "../../core/domain/errors";
import type {
  Conversation,
  ModelDescription,
  Project,
} from "../../core/domain/records";
import type { Api, ApiContext } from "../backend-client/api";
import { limitNotice } from "./quotas";
import { groupByDay, type DayGroup } from "./time";
import type { Zone } from "./zone";

/** The data of the sidebar. */
export interface FrameData {
  pinned: Conversation[];
  /** The other conversations. */
  groups: DayGroup<Conversation>[];
  /** True if there are older conversations. */
  hasMore: boolean;
  projects: Project[];
  models: ModelDescription[];
  /** A sentence, if the visitor comes near a limit of what they may store. */
  limit: string | undefined;
  /** The reason why the lists could not be read. */
  problem: string | undefined;
}

/** Reads the lists of the sidebar. A page is shown without them if they can't be read. */
export async function readFrame(
  api: Api,
  context: ApiContext,
  zone: Zone,
  nowMs: number,
): Promise<FrameData> {
  try {
    const overview = await api.readOverview(context);
    return {
      pinned: overview.pinned ?? [],
      groups: groupByDay(
        overview.conversations.filter(({ pinnedAt }) => !pinnedAt),
        zone,
        nowMs,
      ),
      hasMore: overview.next !== null,
      projects: overview.projects,
      models: overview.models,
      limit: limitNotice(overview.quotas),
      problem: undefined,
    };
  } catch (error) {
    const problem = toVisibleError(error).message;
    return { ...NOTHING, problem };
  }
}

const NOTHING = {
  pinned: [],
  groups: [],
  hasMore: false,
  projects: [],
  models: [],
  limit: undefined,
};
