import { createHash } from "node:crypto";
import {
  LimitError,
  NotFoundError,
  VisibleError,
} from "../../core/domain/errors";
import { cleanFileName } from "../../core/domain/file-names";
import { type Import, limits } from "../../core/domain/records";
import { sentence } from "../../core/texts/catalogue";
import type { KeyedMutex } from "../../core/storage/keyed-mutex";
import { derivedId, newId } from "../ids";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { Quotas } from "../owners/quotas";
import type { ImportedConversation, Leftover } from "./conversation";
import type { Element } from "./find-elements";
import type { ImportProjects } from "./import-projects";
import type { ImportStore, OpenSource, StoredImport } from "./import-store";
import { parseElement, titleIn } from "./parse-element";
import type { Placed, SaveImported } from "./save-imported";

export interface ImportsDeps {
  store: ImportStore;
  save: SaveImported;
  projects: ImportProjects;
  ownerIndex: OwnerIndex;
  quotas: Pick<Quotas, "assertRoom" | "bytesLeft" | "refuseBytes">;
  mutex: KeyedMutex;
  now: () => Date;
}

/** The time for which a call imports. Balances the calls against the time that a page waits for one. */
const SLICE_MS = 1_000;

/** Calls that may wait for their turn; others answer the progress as it is. */
const WAITING = 3;

/**
 * Imports conversations from files. A call imports some, and saves the progress: so a client drives an import,
 * any process continues it, and one without a client costs nothing. What was imported after the last saved
 * progress is recognised: a conversation's id is derived from its bytes.
 */
export class Imports {
  /** Owners whose file is arriving. */
  private readonly arriving = new Set<string>();
  /** Calls that import, or wait for their turn. */
  private active = 0;

  constructor(private readonly deps: ImportsDeps) {}

  list(ownerHash: string): Promise<Import[]> {
    return this.deps.store.list(ownerHash);
  }

  /**
   * Stores a file, which is on disk when this resolves.
   *
   * @param upload.key The idempotency key: repeated on any process, it begins one import.
   * @throws VisibleError (409, 413 or 422) with the reason.
   */
  async begin(
    ownerHash: string,
    upload: {
      name: string;
      content: AsyncIterable<Buffer>;
      key?: string | undefined;
    },
  ): Promise<Import> {
    const { name, content, key } = upload;
    const id = key ? await this.idOf(ownerHash, key) : newId();
    const known = key && (await this.deps.store.find(ownerHash, id));
    if (known) return known;
    if (this.arriving.has(ownerHash)) throw unfinished();
    this.arriving.add(ownerHash);
    try {
      await this.makeRoom(ownerHash, id);
      return await this.store(ownerHash, id, name, content);
    } finally {
      this.arriving.delete(ownerHash);
    }
  }

  /** The id that belongs to an idempotency key. Ids of deleted imports are not used again. */
  private async idOf(ownerHash: string, key: string): Promise<string> {
    for (let deleted = 0; ; deleted++) {
      const suffix = deleted === 0 ? [] : [String(deleted)];
      const id = derivedId("import", ownerHash, key, ...suffix);
      if (!(await this.deps.store.isDeleted(ownerHash, id))) return id;
    }
  }

  private async store(
    ownerHash: string,
    id: string,
    name: string,
    content: AsyncIterable<Buffer>,
  ): Promise<Import> {
    const { store, quotas, now } = this.deps;
    const bytesLeft = await quotas.bytesLeft(ownerHash);
    const { temporary, total } = await store.write(
      ownerHash,
      content,
      (bytes) => {
        checkSize(bytes);
        if (bytes > bytesLeft) throw quotas.refuseBytes("file");
      },
    );
    try {
      return await store.begin(ownerHash, temporary, {
        id,
        name: cleanFileName(name),
        total,
        done: 0,
        imported: 0,
        skipped: 0,
        notes: [],
        startedAt: now().toISOString(),
        finishedAt: null,
      });
    } finally {
      store.drop(temporary);
    }
  }

  /** @throws VisibleError (409) if another import is not done. */
  private async makeRoom(ownerHash: string, id: string): Promise<void> {
    const { store } = this.deps;
    const others = (await store.list(ownerHash)).filter((one) => one.id !== id);
    if (others.some(({ finishedAt }) => finishedAt === null)) {
      throw unfinished();
    }
    for (const { id: old } of others.slice(limits.imports - 1)) {
      await store.remove(ownerHash, old);
    }
  }

  /**
   * Imports further conversations.
   *
   * @param signal Ends it early.
   * @throws NotFoundError if there is no such import.
   */
  async continue(
    ownerHash: string,
    id: string,
    signal: AbortSignal,
  ): Promise<Import> {
    if (this.active > WAITING) return this.read(ownerHash, id);
    this.active += 1;
    try {
      return await this.continueInTurn(ownerHash, id, signal);
    } finally {
      this.active -= 1;
    }
  }

  private async continueInTurn(
    ownerHash: string,
    id: string,
    signal: AbortSignal,
  ): Promise<Import> {
    const { store, mutex } = this.deps;
    // One at a time in this process: each holds a conversation in memory, and parses it at once.
    using _ = await mutex.lock("#imports");
    const progress = await this.read(ownerHash, id);
    if (progress.finishedAt !== null) {
      // The process that finished it may have died before.
      store.dropSource(ownerHash, id);
      return progress;
    }
    const source = await store.open(ownerHash, id);
    if (!source) return this.giveUp(ownerHash, progress);
    try {
      return await this.work(ownerHash, progress, source, signal);
    } finally {
      await source.close().catch(() => undefined);
    }
  }

  private async read(ownerHash: string, id: string): Promise<StoredImport> {
    const progress = await this.deps.store.read(ownerHash, id);
    if (progress) return progress;
    throw new NotFoundError("import");
  }

  async remove(ownerHash: string, id: string): Promise<void> {
    await this.deps.store.remove(ownerHash, id);
  }

  private async work(
    ownerHash: string,
    before: StoredImport,
    source: OpenSource,
    signal: AbortSignal,
  ): Promise<Import> {
    const { store, now } = this.deps;
    const end = performance.now() + SLICE_MS;
    let { problem: _, ...progress } = before;
    let problem: string | undefined;
    while (progress.done < source.elements.length && !signal.aborted) {
      const step = await this.importNext(ownerHash, progress, source);
      if ("problem" in step) ({ problem } = step);
      else progress = step;
      if (problem !== undefined || performance.now() > end) break;
    }
    const isDone = progress.done >= source.elements.length;
    const saved = await store.save(ownerHash, {
      ...progress,
      finishedAt: isDone ? now().toISOString() : null,
      ...(problem !== undefined && { problem }),
    });
    if (saved.finishedAt !== null) store.dropSource(ownerHash, saved.id);
    return saved;
  }

  private async importNext(
    ownerHash: string,
    progress: StoredImport,
    source: OpenSource,
  ): Promise<StoredImport | { problem: string }> {
    const { quotas } = this.deps;
    const erasure = await this.assertThere(ownerHash, progress);
    try {
      await quotas.assertRoom(ownerHash, true);
    } catch (error) {
      if (error instanceof VisibleError) return { problem: "limit" };
      throw error;
    }
    const element = source.elements[progress.done] ?? [0, 0];
    const { title, left } = await this.importElement(
      ownerHash,
      progress,
      source,
      element,
      erasure,
    );
    return left === "limit" ? { problem: left } : noted(progress, title, left);
  }

  /**
   * @returns The number of the owner's last erasure, read before: a later one is noticed when a conversation is saved.
   * @throws NotFoundError if the import was deleted.
   */
  private async assertThere(
    ownerHash: string,
    { id, startedAt }: StoredImport,
  ): Promise<number> {
    const { store, ownerIndex } = this.deps;
    const { erasure } = await ownerIndex.read(ownerHash);
    // An earlier version of the program leaves imports where it deletes all data.
    if (startedAt <= erasure.at) await store.remove(ownerHash, id);
    else if (await store.isThere(ownerHash, id)) return erasure.number;
    throw new NotFoundError("import");
  }

  private async importElement(
    ownerHash: string,
    progress: StoredImport,
    source: OpenSource,
    [from, to]: Element,
    erasure: number,
  ): Promise<{ title: string; left: Leftover[] | "limit" }> {
    if (from === to) return { title: "", left: ["tooLong"] };
    const { now } = this.deps;
    const bytes = await source.read(from, to - from);
    const hash = createHash("sha256").update(bytes).digest("hex");
    const parsed = parseElement(bytes, now());
    if (typeof parsed === "string") {
      return { title: titleIn(bytes), left: [parsed] };
    }
    const place = {
      id: derivedId("imported", ownerHash, hash),
      import: progress.id,
      position: progress.done,
      erasure,
    };
    try {
      const left = await this.save(ownerHash, source, parsed, place);
      return { title: parsed.title, left };
    } catch (error) {
      if (!isOfElement(error)) throw error;
      // An erasure ends the import; without one, only this conversation is left out.
      await this.assertThere(ownerHash, progress);
      return { title: parsed.title, left: ["invalid"] };
    }
  }

  private async save(
    ownerHash: string,
    source: OpenSource,
    parsed: ImportedConversation,
    place: Omit<Placed, "project">,
  ): Promise<Leftover[] | "limit"> {
    const { projects, save } = this.deps;
    const onCut = () => {
      if (!parsed.left.includes("cutTexts")) parsed.left.push("cutTexts");
    };
    const project = await projects.find(
      ownerHash,
      source,
      parsed.project,
      onCut,
    );
    return save.save(ownerHash, parsed, { ...place, project });
  }

  /** A file that is gone can't be imported: what was imported stays. */
  private giveUp(ownerHash: string, progress: StoredImport): Promise<Import> {
    return this.deps.store.save(ownerHash, {
      ...progress,
      finishedAt: this.deps.now().toISOString(),
      problem: "fileGone",
    });
  }
}

/** Parts of which a conversation is imported without. */
const PARTS: ReadonlySet<Leftover> = new Set(["files", "versions", "cutTexts"]);

/** True for an error that each repetition would meet: the conversations after it must be imported. */
const isOfElement = (error: unknown): boolean =>
  error instanceof VisibleError &&
  error.status < 500 &&
  !(error instanceof LimitError);

function noted(
  progress: StoredImport,
  title: string,
  left: Leftover[],
): StoredImport {
  const isSkipped = left.some((reason) => !PARTS.has(reason));
  const hasRoom = progress.notes.length < limits.importNotes;
  return {
    ...progress,
    done: progress.done + 1,
    imported: progress.imported + (isSkipped ? 0 : 1),
    skipped: progress.skipped + (isSkipped ? 1 : 0),
    notes:
      left.length > 0 && hasRoom
        ? [...progress.notes, { title, reasons: left }]
        : progress.notes,
  };
}

function checkSize(bytes: number): void {
  if (bytes <= limits.importBytes) return;
  const megabytes = limits.importBytes / 1024 ** 2;
  throw new VisibleError(
    413,
    sentence("problem.import.tooLarge", { megabytes }),
  );
}

const unfinished = () =>
  new VisibleError(409, sentence("problem.import.unfinished"));
