import type { Logger } from "../../core/runtime/log";
import { isPrompt, type Message } from "../../core/domain/records";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import type { Models } from "../models/create-models";
import type { ModelMessage } from "../models/model";
import type { ConversationSettings } from "./conversation-settings";
import { messageLogOf } from "./message-log";
import { firstTitle, titleOf } from "./title";
import { textForModel } from "../files/give-files";

export interface ModelTitlesDeps {
  files: StorageContext;
  folders: RecordFolders;
  settings: ConversationSettings;
  models: Pick<Models, "find" | "streamReply">;
  log: Logger;
}

/** Longer than models take for a few words; a title is not worth more of their time. */
const TIMEOUT_MS = 30_000;
/** Balances what a title is made of against the tokens that it costs. */
const MAX_CHARACTERS = 2_000;
/** Models that reason use most of them for that. */
const MAX_TOKENS = 1_000;

const REQUEST =
  "Write a title of two to six words for the conversation above, in its language. Answer with the title alone.";

/** Proposes the titles of conversations after their first reply. The built-in model proposes none. */
export class ModelTitles {
  constructor(private readonly deps: ModelTitlesDeps) {}

  /** Never rejects: a conversation without a proposal keeps the beginning of its first message. */
  async propose(ownerHash: string, id: string): Promise<void> {
    const { settings, models, log } = this.deps;
    try {
      const { model, title, titledBy } = await settings.read(ownerHash, id);
      const info = await models.find(model);
      if (titledBy !== undefined || !info || info.provider === "eliza") return;
      const turn = await this.firstTurn(ownerHash, id);
      const [prompt] = turn ?? [];
      if (!turn || !prompt || title !== firstTitle(prompt)) return;
      const proposed = await this.ask(model, turn.map(toModelMessage));
      if (proposed === undefined) return;
      await settings.change(ownerHash, id, (now) =>
        now.titledBy === undefined && now.title === title
          ? { title: proposed, titledBy: "model" }
          : undefined,
      );
    } catch (error) {
      log.warn({ error, conversation: id }, "model proposed no title");
    }
  }

  private async firstTurn(
    ownerHash: string,
    id: string,
  ): Promise<Message[] | undefined> {
    const log = messageLogOf(this.deps, ownerHash, id);
    const listing = await log.list();
    const found = listing ? await log.readAll([1, 2], listing) : [];
    return found.length === 2 ? found : undefined;
  }

  private async ask(
    model: string,
    messages: ModelMessage[],
  ): Promise<string | undefined> {
    let text = "";
    const events = this.deps.models.streamReply(
      model,
      [...messages, { role: "user", text: REQUEST }],
      { maxTokens: MAX_TOKENS },
      AbortSignal.timeout(TIMEOUT_MS),
    );
    for await (const event of events) {
      if (event.kind === "text") text += event.text;
      else if (event.kind === "reclassify") text = "";
      if (text.length > MAX_CHARACTERS) return undefined;
    }
    return toTitle(text);
  }
}

const toModelMessage = (message: Message): ModelMessage => ({
  role: isPrompt(message) ? "user" : "assistant",
  text: textForModel(message).slice(0, MAX_CHARACTERS),
});

/** The first line, without what models put around a title; `undefined` if nothing is left. */
function toTitle(text: string): string | undefined {
  const [line = ""] = text.trim().split("\n");
  const words = line
    .replace(/^(?:title|titel|titre|t\u00edtulo):\s*/i, "")
    .replaceAll(/["\u201c\u201d\u201e\u00ab\u00bb*#`]/g, "")
    .trim()
    .replace(/\.$/, "");
  return words === "" ? undefined : titleOf(words);
}
