import { NotFoundError } from "../../core/domain/errors";
import {
  type FileRef,
  isPrompt,
  type SharedPage,
} from "../../core/domain/records";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import { readBounded } from "../conversations/bounded-page";
import type { ConversationSettings } from "../conversations/conversation-settings";
import { isNotDeleted } from "../conversations/deleted-turns";
import { messageLogOf } from "../conversations/message-log";
import type { FileStore, StoredFile } from "../files/file-store";
import type { Links } from "./links";
import { numbersOf, toShared } from "./shared-thread";

export interface SharedPagesDeps {
  files: StorageContext;
  folders: RecordFolders;
  settings: ConversationSettings;
  fileStore: FileStore;
  links: Links;
}

export interface SharedPageOptions {
  /** The most messages. */
  limit: number;
  characters?: number | undefined;
  /** Only messages with lower numbers. */
  before?: number | undefined;
}

/** Reads what a link shows, by its token alone. */
export class SharedPages {
  constructor(private readonly deps: SharedPagesDeps) {}

  /** @throws NotFoundError if there is no such link, or its conversation is deleted. */
  async read(
    token: string,
    { limit, characters, before = Infinity }: SharedPageOptions,
  ): Promise<SharedPage> {
    const { link, log, listing, numbers } = await this.open(token);
    const below = numbers.filter((number) => number < before);
    const page = below.slice(-limit);
    // Half a turn at the beginning comes with the page before.
    if (page.length < below.length && page[0] && page[0] % 2 === 0) {
      page.shift();
    }
    const bounds = { characters };
    const found = await readBounded(log, listing, page, bounds);
    const { title, createdAt } = link;
    return {
      title,
      sharedAt: createdAt,
      messages: found.messages.flatMap(toShared),
      first: found.numbers[0],
      hasOlder: below.length > found.numbers.length,
    };
  }

  /** A file of one of the shared messages. @throws NotFoundError */
  async openFile(
    token: string,
    number: number,
    id: string,
  ): Promise<{ about: FileRef; file: StoredFile }> {
    const { ownerHash, link, log, listing, numbers } = await this.open(token);
    const isShared = numbers.includes(number);
    const [message] = isShared ? await log.readAll([number], listing) : [];
    const files = message && isPrompt(message) ? message.files : undefined;
    const about = files?.find((one) => one.id === id);
    const of = { ownerHash, conversation: link.conversation };
    const file = about && (await this.deps.fileStore.open(of, id));
    if (!about || !file) throw new NotFoundError("file");
    return { about, file };
  }

  private async open(token: string) {
    const { links, settings } = this.deps;
    const { ownerHash, link } = await links.find(token);
    const stored = await settings.read(ownerHash, link.conversation);
    const log = messageLogOf(this.deps, ownerHash, link.conversation);
    const listing = await log.list();
    if (!listing) throw new NotFoundError("link");
    const numbers = numbersOf(link, listing, isNotDeleted(stored));
    return { ownerHash, link, log, listing, numbers };
  }
}
