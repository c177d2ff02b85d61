import { toVisibleError } from "../../core/domain/errors";
import type {
  Conversation,
  ModelDescription,
  Project,
} from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";
import type { Api, ApiContext } from "../backend-client/api";
import { limitNotice } from "./quotas";
import { groupByDay, type DayGroup } from "./time";

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
  reader: { api: ApiContext; zone: string | undefined; locale: Locale },
  nowMs: number,
): Promise<FrameData> {
  try {
    const overview = await api.readOverview(reader.api);
    return {
      pinned: overview.pinned ?? [],
      groups: groupByDay(
        overview.conversations.filter(({ pinnedAt }) => !pinnedAt),
        reader,
        nowMs,
      ),
      hasMore: overview.next !== null,
      projects: overview.projects,
      models: overview.models,
      limit: limitNotice(reader.locale, overview.quotas),
      problem: undefined,
    };
  } catch (error) {
    const problem = reader.locale.tell(toVisibleError(error));
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
