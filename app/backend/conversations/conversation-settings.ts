import { StoredConversation } from "../../core/storage/layout/owner-events";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import { NotFoundError } from "../../core/domain/errors";
import type { DocumentVersion } from "../../core/storage/document-versions";
import type { StorageContext } from "../../core/storage/storage-context";
import { toJson } from "../../core/storage/json";
import {
  DocumentExistsError,
  VersionedDocument,
} from "../../core/storage/versioned-document";
import type { OwnerIndex } from "../owner-index/owner-index";

/** What can be changed of a conversation; what is absent stays as it is. */
export type SettingsChanges = Partial<
  Pick<
    StoredConversation,
    "title" | "model" | "project" | "maxTokens" | "temperature" | "deletedAt"
  >
>;

/** Each conversation's settings: a versioned document, whose changes are also appended to the owner's event log. */
export class ConversationSettings {
  constructor(
    private readonly files: StorageContext,
    private readonly folders: RecordFolders,
    private readonly ownerIndex: OwnerIndex,
  ) {}

  /**
   * Makes a conversation's settings; if they are there already, those are the answer.
   *
   * @param rest Fulfilled when all else of the conversation is on disk: it is listed only then,
   *   since one that is listed must open.
   */
  async make(
    ownerHash: string,
    settings: StoredConversation,
    rest: Promise<unknown>,
  ): Promise<StoredConversation> {
    const [made] = await Promise.all([
      this.createOnce(ownerHash, settings),
      rest,
    ]);
    if (!made) return this.findMade(ownerHash, settings.id);
    await this.note(ownerHash, made);
    return settings;
  }

  /** @throws NotFoundError if there are none, or the conversation is deleted. */
  async read(ownerHash: string, id: string): Promise<StoredConversation> {
    return living(await this.documentOf(ownerHash, id).read());
  }

  /**
   * The same, for a page. Who changed them may have died before it was noted: then the lists of
   * conversations show what was before, until this is asked.
   *
   * @param isWhole Whether there are messages. Who was making it may have died before.
   * @throws NotFoundError if there are no settings, or it is deleted or not whole.
   */
  async readForPage(
    ownerHash: string,
    id: string,
    isWhole: Promise<boolean>,
  ): Promise<StoredConversation> {
    const [version, { conversations }, hasMessages] = await Promise.all([
      this.documentOf(ownerHash, id).read(),
      this.ownerIndex.read(ownerHash),
      isWhole,
    ]);
    if (!hasMessages) throw new NotFoundError("conversation");
    const noted = conversations.get(id)?.version ?? 0;
    // At worst another process is about to note it: twice is once.
    if (version && noted < version.number) await this.note(ownerHash, version);
    return living(version);
  }

  /**
   * Changes what is named, also of a conversation that is deleted.
   *
   * @throws NotFoundError if there is no such conversation.
   */
  async change(
    ownerHash: string,
    id: string,
    changes: SettingsChanges,
  ): Promise<StoredConversation> {
    const document = this.documentOf(ownerHash, id);
    const given = toJson(changes);
    const version = await document.update((data) => ({ ...data, ...given }));
    const settings = version && parse(version);
    if (!settings) throw new NotFoundError("conversation");
    await this.note(ownerHash, version);
    return settings;
  }

  /** @returns `undefined` if they are there already. */
  private async createOnce(
    ownerHash: string,
    settings: StoredConversation,
  ): Promise<DocumentVersion | undefined> {
    const document = this.documentOf(ownerHash, settings.id);
    try {
      return await document.create(toJson(settings));
    } catch (error) {
      if (error instanceof DocumentExistsError) return undefined;
      throw error;
    }
  }

  /** Who made it may have died before it was noted. */
  private async findMade(
    ownerHash: string,
    id: string,
  ): Promise<StoredConversation> {
    const version = await this.documentOf(ownerHash, id).read();
    const settings = version && parse(version);
    if (!settings) throw new NotFoundError("conversation");
    const { conversations } = await this.ownerIndex.read(ownerHash);
    if (!conversations.has(id)) await this.note(ownerHash, version);
    return settings;
  }

  private async note(
    ownerHash: string,
    version: DocumentVersion,
  ): Promise<void> {
    const conversation = parse(version);
    if (!conversation) return;
    const { number } = version;
    await this.ownerIndex.append(ownerHash, {
      kind: "conversation",
      version: number,
      conversation,
    });
  }

  private documentOf(ownerHash: string, id: string): VersionedDocument {
    const folder = this.folders.settings(ownerHash, id);
    return new VersionedDocument(this.files, folder);
  }
}

function living(version: DocumentVersion | undefined): StoredConversation {
  const settings = version && parse(version);
  if (!settings || settings.deletedAt !== null) {
    throw new NotFoundError("conversation");
  }
  return settings;
}

function parse({ data, isTombstone }: DocumentVersion) {
  const result = StoredConversation.safeParse(data);
  return isTombstone || !result.success ? undefined : result.data;
}
