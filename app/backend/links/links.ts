import { NotFoundError, VisibleError } from "../../core/domain/errors";
import { idPattern, limits, type SharedLink } from "../../core/domain/records";
import { listFresh } from "../../core/storage/exclusive-file";
import { toJson } from "../../core/storage/json";
import { hashOf } from "../../core/storage/layout/hashes";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import {
  SharedLookups,
  StoredLink,
} from "../../core/storage/layout/shared-links";
import type { StorageContext } from "../../core/storage/storage-context";
import {
  DocumentExistsError,
  VersionedDocument,
} from "../../core/storage/versioned-document";
import type { ConversationSettings } from "../conversations/conversation-settings";
import { sentence } from "../../core/texts/catalogue";
import { messageLogOf } from "../conversations/message-log";
import { derivedId, newId } from "../ids";
import type { OwnerIndex } from "../owner-index/owner-index";
import { threadNow } from "./shared-thread";

export interface LinksDeps {
  files: StorageContext;
  folders: RecordFolders;
  ownerIndex: OwnerIndex;
  settings: ConversationSettings;
  now: () => Date;
}

/** An owner, also by the id: the tokens of their links are derived from it, and it is stored nowhere. */
export interface LinkOwner {
  owner: string;
  ownerHash: string;
}

/**
 * Shared links. The lookup of the token comes first and leads to nothing: the link exists with the first
 * version of its document. Its tombstone revokes it, for every process, since each reads the newest version.
 */
export class Links {
  readonly #deps: LinksDeps;
  readonly #lookups: SharedLookups;

  constructor(deps: LinksDeps) {
    this.#deps = deps;
    this.#lookups = new SharedLookups(deps.files.fileSystem, deps.folders);
  }

  /**
   * Shares a thread of a conversation as it is now.
   *
   * @param through A message of the thread; by default the newest thread is shared.
   * @param key The idempotency key: repeated on any process, it makes one link.
   * @throws VisibleError (403) at the limit; (409) if the link was revoked.
   */
  async create(
    who: LinkOwner,
    conversation: string,
    through?: number,
    key?: string,
  ): Promise<SharedLink> {
    const { ownerHash } = who;
    const id = key ? derivedId("link", ownerHash, conversation, key) : newId();
    using _ = await this.#deps.files.mutex.lock(`${ownerHash}#links`);
    const document = this.#documentOf(ownerHash, id);
    if (!(await document.read())) await this.#admit(ownerHash);
    const tokenHash = hashOf(tokenOf(who, id));
    const wanted = {
      id,
      tokenHash,
      ...(await this.#describe(ownerHash, conversation, through)),
    };
    const ref = { ownerHash, link: id };
    const isNew = await this.#lookups.create(tokenHash, ref);
    const stored = await this.#save(document, wanted);
    // A sweep may have removed the lookup of an attempt that was interrupted long ago.
    if (!isNew) await this.#lookups.create(tokenHash, ref);
    return toLink(who, stored);
  }

  /** The owner's links whose conversation is there, newest first. */
  async list(who: LinkOwner, conversation?: string): Promise<SharedLink[]> {
    const { conversations } = await this.#deps.ownerIndex.read(who.ownerHash);
    return (await this.#readAll(who.ownerHash))
      .filter((link) => !conversation || link.conversation === conversation)
      .filter(
        (link) =>
          conversations.get(link.conversation)?.settings.deletedAt === null,
      )
      .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
      .map((link) => toLink(who, link));
  }

  /** Revokes a link permanently, on every process from then on. Idempotent. */
  async revoke(ownerHash: string, id: string): Promise<void> {
    const document = this.#documentOf(ownerHash, id);
    const link = StoredLink.safeParse((await document.read())?.data).data;
    await document.delete();
    // Leads to nothing by now; a sweep removes it, too.
    if (link) await this.#lookups.remove(link.tokenHash);
  }

  /** The hashes of the owner's tokens, for an erasure. */
  async tokenHashes(ownerHash: string): Promise<string[]> {
    return (await this.#readAll(ownerHash)).map(({ tokenHash }) => tokenHash);
  }

  /** Removes lookups of links that are gone. */
  async forget(tokenHashes: readonly string[]): Promise<void> {
    for (const hash of tokenHashes) await this.#lookups.remove(hash);
  }

  /** @throws NotFoundError if no link has this token, or it was revoked. */
  async find(token: string): Promise<{ ownerHash: string; link: StoredLink }> {
    const ref = await this.#lookups.find(token);
    const link = ref && (await this.#read(ref.ownerHash, ref.link));
    if (!ref || !link) throw new NotFoundError("link");
    return { ownerHash: ref.ownerHash, link };
  }

  async #describe(ownerHash: string, conversation: string, through?: number) {
    const { settings, now } = this.#deps;
    const stored = await settings.read(ownerHash, conversation);
    const log = messageLogOf(this.#deps, ownerHash, conversation);
    const listing = await log.list();
    if (!listing?.last) throw new NotFoundError("conversation");
    const thread = await threadNow(log, listing, stored, through);
    if (thread.messages === 0) throw nothingToShare();
    const { title } = stored;
    return { conversation, title, createdAt: now().toISOString(), ...thread };
  }

  /** The link as it was first saved: a repeated request shares no more. */
  async #save(
    document: VersionedDocument,
    wanted: StoredLink,
  ): Promise<StoredLink> {
    try {
      await document.create(toJson(wanted));
      return wanted;
    } catch (error) {
      if (!(error instanceof DocumentExistsError)) throw error;
      const version = await document.read();
      if (!version || version.isTombstone) throw wasRevoked();
      return StoredLink.parse(version.data);
    }
  }

  /** @throws VisibleError 403 */
  async #admit(ownerHash: string): Promise<void> {
    const ids = await this.#ids(ownerHash);
    if (ids.length < limits.links) return;
    const { length } = await this.#readAll(ownerHash);
    if (length >= limits.links) throw tooMany();
    // Revoked links are removed by a sweep of the days after.
    if (ids.length >= REVOKED_FACTOR * limits.links) throw tooManyRevoked();
  }

  async #readAll(ownerHash: string): Promise<StoredLink[]> {
    const links: StoredLink[] = [];
    const ids = await this.#ids(ownerHash);
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      const read = some.map((id) => this.#read(ownerHash, id));
      links.push(...(await Promise.all(read)).filter((one) => !!one));
    }
    return links;
  }

  async #ids(ownerHash: string): Promise<string[]> {
    const { files, folders } = this.#deps;
    const folder = folders.links(ownerHash);
    const names = (await listFresh(files.fileSystem, folder)) ?? [];
    return names.filter((name) => idPattern.test(name));
  }

  async #read(ownerHash: string, id: string): Promise<StoredLink | undefined> {
    const version = await this.#documentOf(ownerHash, id).read();
    if (!version || version.isTombstone) return undefined;
    return StoredLink.safeParse(version.data).data;
  }

  #documentOf(ownerHash: string, link: string): VersionedDocument {
    const { files, folders } = this.#deps;
    const folder = folders.link({ ownerHash, link });
    return new VersionedDocument(files, folder);
  }
}

/** Links that are read at the same time. */
const AT_ONCE = 16;

/** How many revoked links may wait for a sweep beside each one that is allowed. */
const REVOKED_FACTOR = 10;

/** 128 bits, of the owner's id and the link's. Both are needed, and no record has the first. */
const tokenOf = ({ owner }: LinkOwner, id: string): string =>
  derivedId("token of a shared link", owner, id);

function toLink(who: LinkOwner, link: StoredLink): SharedLink {
  const { id, conversation, title, createdAt, messages } = link;
  const token = tokenOf(who, id);
  return { id, token, conversation, title, createdAt, messages };
}

const tooMany = () =>
  new VisibleError(
    403,
    sentence("problem.links.limit", { limit: limits.links }),
  );

const tooManyRevoked = () =>
  new VisibleError(403, sentence("problem.links.revokedMany"));

const nothingToShare = () =>
  new VisibleError(409, sentence("problem.links.nothing"));

const wasRevoked = () =>
  new VisibleError(409, sentence("problem.links.revoked"));
