import type {
  Conversation,
  ModelUsage,
  Project,
} from "../../core/domain/records";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { ConversationState } from "../owner-index/owner-state";
import { toListedConversation } from "../owner-index/to-conversation";
import type { Projects } from "./projects";

/** As many as a page shows. */
const CONVERSATIONS = 200;

export class ProjectPages {
  constructor(
    private readonly projects: Projects,
    private readonly ownerIndex: OwnerIndex,
  ) {}

  /**
   * A project, its most recently used conversations, and the usage of all of them, archived ones too.
   *
   * @throws NotFoundError if there is no such project of this owner.
   */
  async read(
    ownerHash: string,
    id: string,
  ): Promise<{
    project: Project;
    conversations: Conversation[];
    usage: ModelUsage[];
  }> {
    const [project, state] = await Promise.all([
      this.projects.read(ownerHash, id),
      this.ownerIndex.read(ownerHash),
    ]);
    const isInIt = (one: ConversationState) => state.projectOf(one) === id;
    return {
      project,
      conversations: state
        .listed()
        .filter(isInIt)
        .slice(0, CONVERSATIONS)
        .map((one) => toListedConversation(state, one)),
      usage: total(
        state
          .kept()
          .filter(isInIt)
          .flatMap(({ usage }) => [...usage.values()]),
      ),
    };
  }
}

/** By model, the most used first. */
function total(usages: ModelUsage[]): ModelUsage[] {
  const byModel = new Map<string, ModelUsage>();
  for (const usage of usages) {
    const sum = byModel.get(usage.model);
    byModel.set(usage.model, {
      ...usage,
      messages: usage.messages + (sum?.messages ?? 0),
      inputTokens: usage.inputTokens + (sum?.inputTokens ?? 0),
      outputTokens: usage.outputTokens + (sum?.outputTokens ?? 0),
    });
  }
  return [...byModel.values()].toSorted((a, b) => b.messages - a.messages);
}
