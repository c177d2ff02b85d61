import path from "node:path";
import { z } from "zod";
import { NotFoundError, VisibleError } from "../../core/domain/errors";
import {
  Id,
  limits,
  type OwnerSettings as Settings,
  type SavedPrompt,
} from "../../core/domain/records";
import { sentence } from "../../core/texts/catalogue";
import { errorCode } from "../../core/runtime/errors";
import { oldVersionsBefore } from "../../core/storage/document-versions";
import { listFresh } from "../../core/storage/exclusive-file";
import { type JsonObject, toJson } from "../../core/storage/json";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import {
  DocumentExistsError,
  VersionedDocument,
} from "../../core/storage/versioned-document";
import { derivedId, newId } from "../ids";

/** On disk. Unknown fields are kept. */
const Stored = z.looseObject({
  instructions: z.string().default(""),
  savedPrompts: z
    .array(z.looseObject({ id: Id, name: z.string(), text: z.string() }))
    .default([]),
});
type Stored = z.output<typeof Stored>;

const NOTHING: Stored = { instructions: "", savedPrompts: [] };

/** Attempts to write the first version beside other processes. */
const ATTEMPTS = 10;

/**
 * An owner's instructions for every conversation, and saved prompts: one versioned document. A change is
 * made again on what another process wrote first, so both changes stay.
 */
export class OwnerSettings {
  constructor(
    private readonly files: StorageContext,
    private readonly folders: RecordFolders,
  ) {}

  async read(ownerHash: string): Promise<Settings> {
    // Most owners have none, and each reply asks for them.
    const version = await this.documentOf(ownerHash).readRare();
    return toSettings(Stored.safeParse(version?.data).data ?? NOTHING);
  }

  async setInstructions(
    ownerHash: string,
    instructions: string,
  ): Promise<Settings> {
    assertShort("instructions", instructions, limits.instructionsBytes);
    return toSettings(await this.change(ownerHash, () => ({ instructions })));
  }

  /** @param key An idempotency key. */
  async addPrompt(
    ownerHash: string,
    { name, text }: { name: string; text: string },
    key?: string,
  ): Promise<SavedPrompt> {
    assertShort("text", text, limits.savedPromptBytes);
    const id = key ? derivedId("savedPrompt", ownerHash, key) : newId();
    const prompt = { id, name: name.trim(), text };
    const { savedPrompts } = await this.change(ownerHash, (now) => {
      // A version is written even so: the process that added it may have died before it flushed it.
      if (now.savedPrompts.some((one) => one.id === id)) return {};
      return { savedPrompts: withinLimits([...now.savedPrompts, prompt]) };
    });
    return toPrompt(savedPrompts.find((one) => one.id === id) ?? prompt);
  }

  /** @throws NotFoundError if there is no such prompt. */
  async changePrompt(
    ownerHash: string,
    id: string,
    { name, text }: { name?: string; text?: string },
  ): Promise<SavedPrompt> {
    assertShort("text", text ?? "", limits.savedPromptBytes);
    const changes = toJson({ name: name?.trim(), text });
    const { savedPrompts } = await this.change(ownerHash, (now) => {
      requirePrompt(now, id);
      const all = now.savedPrompts.map((one) =>
        one.id === id ? { ...one, ...changes } : one,
      );
      return { savedPrompts: withinLimits(all) };
    });
    return toPrompt(requirePrompt({ savedPrompts }, id));
  }

  /** A prompt that is gone is no error: the call may be repeated. */
  async deletePrompt(ownerHash: string, id: string): Promise<void> {
    await this.documentOf(ownerHash).update((data) => {
      const { savedPrompts } = parse(data);
      const left = savedPrompts.filter((one) => one.id !== id);
      return { ...data, ...toJson({ savedPrompts: left }) };
    });
  }

  /**
   * Deletes all of it. An empty version stays: its number must not be taken twice, because processes
   * cache versions by number.
   */
  async erase(ownerHash: string): Promise<void> {
    const { fileSystem } = this.files;
    const document = this.documentOf(ownerHash);
    if (!(await listFresh(fileSystem, document.folder))) return;
    const { number } = await this.write(document, () => ({}));
    const names = (await listFresh(fileSystem, document.folder)) ?? [];
    for (const name of oldVersionsBefore(number, names)) {
      await fileSystem
        .unlink(path.join(document.folder, name))
        .catch((error: unknown) => {
          if (errorCode(error) !== "ENOENT") throw error;
        });
    }
    await fileSystem.syncDirectory(document.folder);
  }

  private async change(
    ownerHash: string,
    changesTo: (now: Stored) => Partial<Stored>,
  ): Promise<Stored> {
    const document = this.documentOf(ownerHash);
    const { data } = await this.write(document, (before) => ({
      ...before,
      ...toJson(changesTo(parse(before))),
    }));
    return parse(data);
  }

  /** Writes the next version, or the first one. */
  private async write(
    document: VersionedDocument,
    change: (data: JsonObject) => JsonObject,
  ) {
    for (let attempt = 1; ; attempt++) {
      const version = await document.update(change);
      if (version) return version;
      try {
        return await document.create(change({}));
      } catch (error) {
        // Another process was first.
        const isTaken = error instanceof DocumentExistsError;
        if (!isTaken || attempt === ATTEMPTS) throw error;
      }
    }
  }

  private documentOf(ownerHash: string): VersionedDocument {
    const folder = this.folders.ownerSettings(ownerHash);
    return new VersionedDocument(this.files, folder);
  }
}

/** @throws Error for what it does not understand, which no change must replace. */
const parse = (data: JsonObject): Stored => Stored.parse(data);

const toPrompt = ({ id, name, text }: SavedPrompt): SavedPrompt => ({
  id,
  name,
  text,
});

/** Saved prompts by name. */
const toSettings = ({ instructions, savedPrompts }: Stored): Settings => ({
  instructions,
  savedPrompts: savedPrompts
    .map(toPrompt)
    .toSorted((a, b) => a.name.localeCompare(b.name, "en")),
});

function requirePrompt(
  { savedPrompts }: Pick<Stored, "savedPrompts">,
  id: string,
): SavedPrompt {
  const prompt = savedPrompts.find((one) => one.id === id);
  if (prompt) return prompt;
  throw new NotFoundError("savedPrompt");
}

function assertShort(
  what: "instructions" | "text",
  text: string,
  maxBytes: number,
): void {
  if (Buffer.byteLength(text) <= maxBytes) return;
  throw new VisibleError(
    413,
    sentence(`problem.limit.${what}`, { kilobytes: maxBytes / 1024 }),
  );
}

/** @throws VisibleError (403) if there are too many, or they are too long together. */
function withinLimits<P extends SavedPrompt>(prompts: P[]): P[] {
  if (prompts.length > limits.savedPrompts) {
    throw new VisibleError(
      403,
      sentence("problem.limit.savedPrompts", { limit: limits.savedPrompts }),
    );
  }
  const bytes = prompts.reduce(
    (sum, { text }) => sum + Buffer.byteLength(text),
    0,
  );
  if (bytes <= limits.savedPromptsBytes) return prompts;
  const kilobytes = limits.savedPromptsBytes / 1024;
  throw new VisibleError(
    403,
    sentence("problem.limit.savedPromptBytes", { kilobytes }),
  );
}
