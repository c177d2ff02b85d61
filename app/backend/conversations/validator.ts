import { sentence } from "../../core/texts/catalogue";
import { VisibleError } from "../../core/domain/errors";
import {
  checkReplyOptions,
  type ChosenOptions,
} from "../models/check-reply-options";
import { checkFiles } from "../files/check-files";
import type { FileRef } from "../../core/domain/records";
import type { Models } from "../models/create-models";
import type { Projects } from "../projects/projects";

/** Checks the model, options and project that a client chose for a conversation. */
export class ConversationValidator {
  constructor(
    private readonly models: Models,
    private readonly projects: Projects,
  ) {}

  /** @throws VisibleError (503) if no model is available. */
  async defaultModel(): Promise<string> {
    const standard = await this.models.standard();
    if (standard) return standard.id;
    throw new VisibleError(503, sentence("problem.noModelNow"));
  }

  /** @throws VisibleError (404) for an unknown model, or a project that this owner does not have. */
  async assertExists(
    ownerHash: string,
    { model, project }: { model?: string; project?: string | null },
  ): Promise<void> {
    if (model !== undefined && !(await this.models.find(model))) {
      throw new VisibleError(404, sentence("problem.modelUnknown"));
    }
    if (project) await this.projects.read(ownerHash, project);
  }

  /**
   * The provider of a model that is not listed validates its limits at request time.
   *
   * @throws VisibleError (422)
   */
  async assertSupported(model: string, options: ChosenOptions): Promise<void> {
    const info = await this.models.find(model);
    if (info) checkReplyOptions(info, options);
  }

  /** @throws VisibleError (422) if the model can do nothing with one of the files. */
  async assertTakes(model: string, files: readonly FileRef[]): Promise<void> {
    const info = await this.models.find(model);
    if (info) checkFiles(info, files);
  }
}
