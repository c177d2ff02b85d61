import { NotFoundError } from "../../core/domain/errors";
import { cleanFileName } from "../../core/domain/file-names";
import { type FileRef, limits } from "../../core/domain/records";
import { sizeText } from "../../core/domain/size-text";
import type { StoredConversation } from "../../core/storage/layout/owner-events";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import { idsOf } from "../conversations/prompt-files";
import { titleOf } from "../conversations/title";
import type { WholeConversations } from "../conversations/whole-conversations";
import type { FileStore } from "../files/file-store";
import type { Models } from "../models/create-models";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { Quotas } from "../owners/quotas";
import {
  type ImportedConversation,
  type ImportedTurn,
  type Leftover,
  messagesOf,
} from "./conversation";

export interface SaveImportedDeps {
  files: StorageContext;
  folders: Pick<RecordFolders, "ownerEvents">;
  whole: WholeConversations;
  ownerIndex: OwnerIndex;
  fileStore: FileStore;
  quotas: Pick<Quotas, "known">;
  models: Pick<Models, "find" | "standard">;
  now: () => Date;
}

/** Where a conversation comes from, and goes to. */
export interface Placed {
  /** Derived from its bytes. */
  id: string;
  import: string;
  position: number;
  project: string | null;
  /** The number of the owner's last erasure when it was known that the import is there. */
  erasure: number;
}

/** Saves conversations of files, each once. */
export class SaveImported {
  constructor(private readonly deps: SaveImportedDeps) {}

  /**
   * @returns What was left out: the reason, if that is the whole conversation. `limit` if there is no room
   *   for it now.
   */
  async save(
    ownerHash: string,
    found: ImportedConversation,
    placed: Placed,
  ): Promise<Leftover[] | "limit"> {
    const state = await this.deps.ownerIndex.read(ownerHash);
    const known = state.conversations.get(placed.id)?.settings;
    if (known && isOf(known, placed)) {
      await this.flushEvents(ownerHash);
      return found.left;
    }
    if (known) return [known.deletedAt === null ? "here" : "deleted"];
    const original = found.id && state.conversations.get(found.id)?.settings;
    if (original && original.deletedAt === null) return ["here"];
    const room = await this.roomFor(ownerHash, found.turns);
    if (room !== "enough") return room === "none" ? "limit" : ["tooLong"];
    const left = new Set(found.left);
    const turns = await this.withFiles(ownerHash, found, placed.id, left);
    const canPin = state.pinned().length < limits.pinnedConversations;
    const settings = await this.settingsOf(found, placed, canPin);
    try {
      await this.deps.whole.save(ownerHash, {
        settings,
        messages: messagesOf(turns),
        updatedAt: found.updatedAt,
        erasure: placed.erasure,
      });
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      const now = await this.deps.ownerIndex.read(ownerHash);
      // It was imported before, and deleted permanently.
      if (now.conversations.has(placed.id)) return ["deleted"];
      throw error;
    }
    return [...left];
  }

  /** The process that listed a conversation may have died before it flushed the folder. */
  private async flushEvents(ownerHash: string): Promise<void> {
    const { files, folders } = this.deps;
    await files.fileSystem.syncDirectory(folders.ownerEvents(ownerHash));
  }

  /** Room for a conversation: `never` if it is larger than all that its owner may store. */
  private async roomFor(
    ownerHash: string,
    turns: readonly ImportedTurn[],
  ): Promise<"enough" | "none" | "never"> {
    const { used, limit } = (await this.deps.quotas.known(ownerHash)).bytes;
    const bytes = turns.reduce((sum, turn) => sum + sizeOf(turn), 0);
    if (bytes > limit) return "never";
    return used + bytes > limit ? "none" : "enough";
  }

  private async settingsOf(
    found: ImportedConversation,
    { id, project, import: of, position }: Placed,
    canPin: boolean,
  ): Promise<StoredConversation> {
    const { createdAt, maxTokens, temperature } = found;
    const at = this.deps.now().toISOString();
    return {
      ...found.settings,
      id,
      title: found.title || titleOf(found.turns[0]?.prompt.text ?? ""),
      titledBy: "person",
      model: await this.modelOf(found.model),
      project,
      maxTokens,
      temperature,
      createdAt,
      deletedAt: null,
      ...(found.isPinned && canPin && { pinnedAt: at }),
      ...(found.isArchived && { archivedAt: at }),
      importedFrom: { import: of, position },
    };
  }

  /** The conversation's model, if there is one with this id; otherwise the default. */
  private async modelOf(id: string | undefined): Promise<string> {
    const { models } = this.deps;
    const known = id === undefined ? undefined : await models.find(id);
    return known?.id ?? (await models.standard())?.id ?? "";
  }

  /** The turns with the files that the owner still has; others are named in the text. */
  private async withFiles(
    ownerHash: string,
    { id: original, turns }: ImportedConversation,
    id: string,
    left: Set<Leftover>,
  ): Promise<ImportedTurn[]> {
    const files = turns.flatMap(({ prompt }) => prompt.files ?? []);
    if (files.length === 0) return turns;
    const to = { ownerHash, conversation: id };
    const { fileStore } = this.deps;
    const given = original
      ? await fileStore.share(
          { ownerHash, conversation: original },
          to,
          idsOf(files),
        )
      : new Set<string>();
    const refs = await fileStore.describe(to, [...given]);
    const known = new Map(refs.map((file) => [file.id, file]));
    if (known.size < files.length) left.add("files");
    for (const turn of turns) turn.prompt = withKnown(turn.prompt, known);
    return turns;
  }
}

/** Without files, of which it is not known yet whether there are any. */
const sizeOf = ({ prompt, reply }: ImportedTurn): number =>
  Buffer.byteLength(prompt.text) +
  Buffer.byteLength(reply.text) +
  Buffer.byteLength(reply.reasoning ?? "");

const isOf = (
  { importedFrom }: StoredConversation,
  { import: of, position }: Placed,
): boolean =>
  typeof importedFrom === "object" &&
  importedFrom !== null &&
  "import" in importedFrom &&
  "position" in importedFrom &&
  importedFrom.import === of &&
  importedFrom.position === position;

function withKnown(
  { files = [], ...prompt }: ImportedTurn["prompt"],
  known: ReadonlyMap<string, FileRef>,
): ImportedTurn["prompt"] {
  const kept = files.flatMap(({ id }) => known.get(id) ?? []);
  const lines = files
    .filter(({ id }) => !known.has(id))
    .map(({ name, bytes }) => `- ${cleanFileName(name)} (${sizeText(bytes)})`);
  const text = [prompt.text, lines.join("\n")].filter(Boolean).join("\n\n");
  return { ...prompt, text, ...(kept.length > 0 && { files: kept }) };
}
