import { VisibleError } from "../../core/domain/errors";
import {
  checkReplyOptions,
  type ChosenOptions,
} from "../models/check-reply-options";
import type { Models } from "../models/create-models";
import type { Projects } from "../projects/projects";

/** What can be chosen for a conversation: how it is answered, and the project that it is in. */
export class ConversationValidator {
  constructor(
    private readonly models: Models,
    private readonly projects: Projects,
  ) {}

  /** The model of who chose none. @throws VisibleError (503) if there is none now. */
  async defaultModel(): Promise<string> {
    const standard = await this.models.standard();
    if (standard) return standard.id;
    throw new VisibleError(
      503,
      "No model can be reached now. Please try again later.",
    );
  }

  /** @throws VisibleError (404) if there is no such model, or no such project of this owner. */
  async assertExists(
    ownerHash: string,
    { model, project }: { model?: string; project?: string | null },
  ): Promise<void> {
    if (model !== undefined && !(await this.models.find(model))) {
      throw new VisibleError(404, "There is no such model. Pick another.");
    }
    if (project) await this.projects.read(ownerHash, project);
  }

  /**
   * What can't be known of a model that isn't on offer, its provider tells when it is asked.
   *
   * @throws VisibleError (422) if the model can't be asked like this.
   */
  async assertSupported(model: string, options: ChosenOptions): Promise<void> {
    const info = await this.models.find(model);
    if (info) checkReplyOptions(info, options);
  }
}
