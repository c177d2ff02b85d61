import { z } from "zod";
import { limits, OwnerSettings, SavedPrompt } from "../domain/records";
import { textField, visiblePattern } from "../domain/text";
import { byId, empty, none } from "./inputs";
import { operation } from "./operation";

const name = textField()
  .max(limits.nameLength)
  .regex(visiblePattern, "is empty");
const text = textField()
  .max(limits.savedPromptBytes)
  .regex(visiblePattern, "is empty")
  .meta({ description: `At most ${limits.savedPromptBytes} bytes as UTF-8.` });
const instructions = textField()
  .max(limits.instructionsBytes)
  .meta({
    description: `At most ${limits.instructionsBytes} bytes as UTF-8. They go with every prompt of the owner.`,
  });

export const settingsOperations = {
  readSettings: operation({
    method: "get",
    path: "/v1/settings",
    tag: "Settings",
    summary: "The owner's instructions and saved prompts, by name",
    params: none,
    query: none,
    body: empty,
    status: 200,
    answer: OwnerSettings,
    errors: [],
    repeatable: "always",
  }),
  changeSettings: operation({
    method: "patch",
    path: "/v1/settings",
    tag: "Settings",
    summary: "Changes the instructions for every conversation",
    params: none,
    query: none,
    body: z.object({ instructions }),
    status: 200,
    answer: OwnerSettings,
    errors: [413],
    repeatable: "always",
  }),
  createSavedPrompt: operation({
    method: "post",
    path: "/v1/settings/prompts",
    tag: "Settings",
    summary: `Saves a prompt. An owner can have ${limits.savedPrompts}, with ${limits.savedPromptsBytes} bytes together`,
    params: none,
    query: none,
    body: z.object({ name, text }),
    status: 201,
    answer: SavedPrompt,
    errors: [403, 413],
    repeatable: "keyed",
  }),
  changeSavedPrompt: operation({
    method: "patch",
    path: "/v1/settings/prompts/{id}",
    tag: "Settings",
    summary: "Changes the name or text of a saved prompt",
    params: byId,
    query: none,
    body: z.object({ name: name.optional(), text: text.optional() }),
    status: 200,
    answer: SavedPrompt,
    errors: [403, 404, 413],
    repeatable: "always",
  }),
  deleteSavedPrompt: operation({
    method: "delete",
    path: "/v1/settings/prompts/{id}",
    tag: "Settings",
    summary: "Deletes a saved prompt",
    params: byId,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [],
    repeatable: "always",
  }),
};
