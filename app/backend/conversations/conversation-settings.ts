import { sentence } from "../../core/texts/catalogue";
import {
  indexedSettings,
  StoredConversation,
} from "../../core/storage/layout/owner-events";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import { NotFoundError, VisibleError } from "../../core/domain/errors";
import type { DocumentVersion } from "../../core/storage/document-versions";
import type { StorageContext } from "../../core/storage/storage-context";
import { toJson } from "../../core/storage/json";
import {
  DocumentExistsError,
  VersionedDocument,
} from "../../core/storage/versioned-document";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { OwnerState } from "../owner-index/owner-state";

/** The settings to change; absent ones stay. */
export type SettingsChanges = Partial<
  Pick<
    StoredConversation,
    | "title"
    | "titledBy"
    | "model"
    | "project"
    | "maxTokens"
    | "temperature"
    | "exactTemperature"
    | "instructions"
    | "deletedAt"
    | "deletedTurns"
    | "pinnedAt"
    | "archivedAt"
  >
>;

export interface SettingsVersion {
  number: number;
  settings: StoredConversation;
  /** False if the owner's index lacks this version: the process that wrote it may have died. */
  isIndexed: boolean;
}

/** The settings of conversations: versioned documents, each version also added to the owner's index. */
export class ConversationSettings {
  constructor(
    private readonly files: StorageContext,
    private readonly folders: RecordFolders,
    private readonly ownerIndex: OwnerIndex,
  ) {}

  /** Creates settings that are not in the index yet, or finds those that an earlier call created. */
  async create(
    ownerHash: string,
    settings: StoredConversation,
  ): Promise<SettingsVersion> {
    try {
      const document = this.documentOf(ownerHash, settings.id);
      const { number } = await document.create(toJson(settings));
      return { number, settings, isIndexed: false };
    } catch (error) {
      if (!(error instanceof DocumentExistsError)) throw error;
      const existing = await this.readVersion(ownerHash, settings.id);
      // An index entry whose writer died may not be on disk.
      return { ...existing, isIndexed: false };
    }
  }

  /** For a conversation that has its messages: every listed one must open. */
  async addToIndex(
    ownerHash: string,
    version: SettingsVersion,
    {
      bytes,
      updatedAt,
    }: { bytes?: number; updatedAt?: string | undefined } = {},
  ): Promise<void> {
    if (version.isIndexed) return;
    await this.ownerIndex.append(ownerHash, {
      kind: "conversation",
      version: version.number,
      conversation: indexedSettings(version.settings),
      bytes,
      updatedAt,
    });
  }

  /** @throws NotFoundError if there are none, or the conversation is deleted. */
  async read(ownerHash: string, id: string): Promise<StoredConversation> {
    return notDeleted(parse(await this.documentOf(ownerHash, id).read()));
  }

  /** Like {@link read}; costs no call where this process knows a version, however old. */
  async known(ownerHash: string, id: string): Promise<StoredConversation> {
    const version = this.documentOf(ownerHash, id).recall();
    return version ? notDeleted(parse(version)) : this.read(ownerHash, id);
  }

  /** The newest version, also of a deleted conversation. @throws NotFoundError if there is none. */
  async readVersion(ownerHash: string, id: string): Promise<SettingsVersion> {
    const version = await this.documentOf(ownerHash, id).read();
    const settings = parse(version);
    const number = version?.number ?? 0;
    const isIndexed = await this.isIndexed(ownerHash, id, number);
    return { number, settings, isIndexed };
  }

  /** What is indexed stays so: a listing is needed only for what this process has not seen there. */
  private async isIndexed(
    ownerHash: string,
    id: string,
    number: number,
  ): Promise<boolean> {
    const isIn = ({ conversations }: Readonly<OwnerState>) =>
      (conversations.get(id)?.version ?? 0) >= number;
    return (
      isIn(await this.ownerIndex.known(ownerHash)) ||
      isIn(await this.ownerIndex.read(ownerHash))
    );
  }

  /**
   * Changes settings, also of a deleted conversation.
   *
   * @param changes A function is called again after a conflict, and returns `undefined` for no change.
   * @throws NotFoundError if there are none.
   */
  async change(
    ownerHash: string,
    id: string,
    changes:
      | SettingsChanges
      | ((now: StoredConversation) => SettingsChanges | undefined),
  ): Promise<StoredConversation> {
    const document = this.documentOf(ownerHash, id);
    const version = await document.update((data) => {
      if (typeof changes !== "function") return { ...data, ...toJson(changes) };
      const now = StoredConversation.safeParse(data).data;
      const made = now && changes(now);
      return made && { ...data, ...toJson(made) };
    });
    const settings = parse(version);
    const number = version?.number ?? 0;
    await this.addToIndex(ownerHash, { number, settings, isIndexed: false });
    return settings;
  }

  /** Takes an archived conversation out of the archive. */
  async leaveArchive(
    ownerHash: string,
    { id, archivedAt }: StoredConversation,
  ): Promise<void> {
    if (archivedAt) await this.change(ownerHash, id, { archivedAt: null });
  }

  /**
   * Ends the settings of a deleted conversation with the tombstone that a sweep creates at the end of its
   * term: a restore needs the same number, so exactly one of the two succeeds. Idempotent.
   *
   * @throws VisibleError (409) if it is not deleted; NotFoundError if there is none.
   */
  async end(ownerHash: string, id: string): Promise<void> {
    const document = this.documentOf(ownerHash, id);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (await this.noteIfEnded(ownerHash, id)) return;
      const version = await document.read();
      if (version?.isTombstone) continue;
      if (parse(version).deletedAt === null) throw notInBin();
      await document.deleteAfter(version?.number ?? 0);
    }
    throw new VisibleError(409, sentence("problem.beingChanged"));
  }

  /** Tells the owner's index of a tombstone. @returns False if there is none. */
  async noteIfEnded(ownerHash: string, id: string): Promise<boolean> {
    const document = this.documentOf(ownerHash, id);
    const version = await document.read();
    if (!version?.isTombstone) return false;
    // The process that created it may have died before it flushed the folder.
    await document.delete();
    const { conversations } = await this.ownerIndex.read(ownerHash);
    const known = conversations.get(id);
    // An event whose writer died may not be on disk, so a known one is appended again.
    if (!known) return true;
    const purgedAt = new Date().toISOString();
    const { deletedAt } = known.settings;
    await this.ownerIndex.append(ownerHash, {
      kind: "conversation",
      version: version.number,
      conversation: {
        ...known.settings,
        deletedAt: deletedAt ?? purgedAt,
        purgedAt,
      },
    });
    return true;
  }

  private documentOf(ownerHash: string, id: string): VersionedDocument {
    const folder = this.folders.settings(ownerHash, id);
    return new VersionedDocument(this.files, folder);
  }
}

/** Balances patience with other writers against a damaged version, which only an operator can repair. */
const ATTEMPTS = 5;

const notInBin = () => new VisibleError(409, sentence("problem.notInBin"));

/** @throws NotFoundError */
export function notDeleted(settings: StoredConversation): StoredConversation {
  if (settings.deletedAt === null) return settings;
  throw new NotFoundError("conversation");
}

/** @throws NotFoundError if there is no version, or none that can be read. */
function parse(version: DocumentVersion | undefined): StoredConversation {
  const result = StoredConversation.safeParse(version?.data);
  if (result.success && version?.isTombstone === false) return result.data;
  throw new NotFoundError("conversation");
}
