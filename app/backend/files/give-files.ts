import { kindOf } from "../../core/domain/file-types";
import {
  type FileRef,
  isPrompt,
  type Message,
} from "../../core/domain/records";
import { isVisible } from "../../core/domain/text";
import type { ConversationRef } from "../../core/storage/layout/record-folders";
import type { ModelFile, ModelMessage, TakenFiles } from "../models/model";
import type { FileStore, StoredFile } from "./file-store";

/** The most bytes of all pictures and documents of a request, which are in memory while it is sent. */
const MEDIA_BYTES = 12 * 1024 * 1024;

/** About the most that models count for a picture. */
const IMAGE_TOKENS = 1_600;

/** The cost of a page that a model also sees as a picture. */
const PAGE_TOKENS = 500;

const BYTES_PER_TOKEN = 4;

/** The part of the window that the text of files may fill. */
const TEXT_SHARE = 0.5;

export interface GiveFilesOptions {
  takes?: TakenFiles | undefined;
  contextTokens: number;
}

/**
 * The messages of a conversation with their files, as a model gets them. The newest files come first:
 * older ones are named alone where the model or the window has no room for them. No file is read yet.
 */
export async function* giveFiles(
  store: Pick<FileStore, "open">,
  of: ConversationRef,
  newestFirst: AsyncIterable<Message>,
  options: GiveFilesOptions,
): AsyncGenerator<Readonly<ModelMessage>, void> {
  const room = new Room(options);
  for await (const message of newestFirst) {
    const { role } = message;
    const text = textForModel(message);
    const sent = isPrompt(message) ? message.files : undefined;
    const files = sent?.map((file) => giveFile(store, of, file, room));
    // Without files it stays the same object: what it costs is worked out once.
    yield files ? { role, text, files } : (message as Readonly<ModelMessage>);
  }
}

/** Models refuse a message without text. Files' own names stay out of it: models may take them for orders. */
export function textForModel(message: Message): string {
  const { text } = message;
  const count = isPrompt(message) ? (message.files?.length ?? 0) : 0;
  if (count === 0 || isVisible(text)) return text;
  return count === 1 ? "See the attached file." : "See the attached files.";
}

function giveFile(
  store: Pick<FileStore, "open">,
  of: ConversationRef,
  { id, ...about }: FileRef,
  room: Room,
): ModelFile {
  const { as, tokens, bytes } = room.take(about);
  return {
    ...about,
    as,
    tokens,
    read: async () => {
      const file = await store.open(of, id);
      return file ? readPart(file, as, bytes) : Buffer.alloc(0);
    },
  };
}

async function readPart(
  { record, read, close }: StoredFile,
  as: ModelFile["as"],
  bytes: number,
): Promise<Buffer> {
  try {
    // The text that was found in a PDF follows its bytes.
    const isFound = as === "text" && record.textBytes !== undefined;
    return await read(isFound ? record.bytes : 0, bytes);
  } finally {
    await close();
  }
}

/** The room that a request has left for files. */
class Room {
  private readonly takes: TakenFiles;
  private images: number;
  private documents: number;
  private media = MEDIA_BYTES;
  private text: number;

  constructor({ takes = {}, contextTokens }: GiveFilesOptions) {
    this.takes = takes;
    this.images = takes.images?.maxCount ?? 0;
    this.documents = takes.documents?.maxCount ?? 0;
    this.text = contextTokens * TEXT_SHARE * BYTES_PER_TOKEN;
  }

  take(file: Omit<FileRef, "id">): {
    as: ModelFile["as"];
    tokens: number;
    bytes: number;
  } {
    const { bytes, pages = 1, textBytes } = file;
    const kind = kindOf(file);
    if (this.takes.all && kind) return { as: kind, tokens: 0, bytes: 0 };
    if (bytes <= this.media && fitsAsItIs(this.takes, file)) {
      if (kind === "image" && this.images-- > 0) {
        this.media -= bytes;
        return { as: "image", tokens: IMAGE_TOKENS, bytes };
      }
      if (kind === "document" && this.documents-- > 0) {
        this.media -= bytes;
        const text = (textBytes ?? 0) / BYTES_PER_TOKEN;
        return { as: "document", tokens: text + pages * PAGE_TOKENS, bytes };
      }
    }
    const whole = kind === "text" ? bytes : (textBytes ?? 0);
    const part = Math.floor(Math.min(whole, this.text));
    if (part === 0) return { as: "none", tokens: 0, bytes: 0 };
    this.text -= part;
    return { as: "text", tokens: part / BYTES_PER_TOKEN, bytes: part };
  }
}

/** True if a model takes the file as it is. */
export function fitsAsItIs(
  { images, documents }: TakenFiles,
  file: Omit<FileRef, "id">,
): boolean {
  const kind = kindOf(file);
  if (kind === "document") {
    return documents !== undefined && file.bytes <= documents.maxBytes;
  }
  if (kind !== "image" || !images) return false;
  const { width = 0, height = 0 } = file;
  const side = Math.max(width, height);
  return file.bytes <= images.maxBytes && side <= (images.maxSide ?? Infinity);
}
