import path from "node:path";
import { idPattern } from "../core/domain/records";
import { isTemporary } from "../core/storage/exclusive-file";
import type { DocumentVersion } from "../core/storage/document-versions";
import { toJson } from "../core/storage/json";
import {
  isErasure,
  OwnerEventLog,
} from "../core/storage/layout/owner-event-log";
import {
  indexedSettings,
  type OwnerEvent,
  StoredConversation,
  StoredProject,
} from "../core/storage/layout/owner-events";
import type { RecordFolders } from "../core/storage/layout/record-folders";
import { SharedLookups, StoredLink } from "../core/storage/layout/shared-links";
import { ABANDONED, isVisit } from "../core/storage/layout/visits";
import type { LogListing } from "../core/storage/log-listing";
import type { LogEntry } from "../core/storage/log-reader";
import { createStorageContext } from "../core/storage/storage-context";
import { VersionedDocument } from "../core/storage/versioned-document";
import { checkFiles, reportMissing } from "./check-files";
import {
  checkDocument,
  checkLog,
  knownNames,
  namesIn,
} from "./check-structures";
import type { Findings } from "./findings";
import { OwnerLists } from "./owner-lists";

const PARTS = [
  "activity",
  "conversations",
  "links",
  "projects",
  "settings",
  "uploads",
  "imports",
  "visits",
];
const CONVERSATION = ["settings", "messages", "queue", "replies", "files"];

const IMPORT = ["source", "progress"];

const isPart = (name: string) => IMPORT.includes(name) || isTemporary(name);

const isId = (name: string) => idPattern.test(name) || isTemporary(name);
const isEven = (name: string) => /^[1-9]\d{0,8}$/.test(name) && +name % 2 === 0;
const isNumber = (name: string) => /^[1-9]\d{0,8}$/.test(name);

const isMarker = (name: string) => isVisit(name) || name === ABANDONED;

/** Checks all data of one owner, and that its parts agree. */
export class OwnerCheck {
  private lists = new OwnerLists([]);
  private readonly storage;

  constructor(
    private readonly findings: Findings,
    private readonly folders: RecordFolders,
    private readonly ownerHash: string,
  ) {
    const { fileSystem } = findings;
    this.storage = createStorageContext({ fileSystem, cacheBytes: 1 });
  }

  async check(): Promise<void> {
    const { findings, folders, ownerHash } = this;
    findings.count("owners");
    const folder = folders.owner(ownerHash);
    // A temporary folder holds data that was being removed; a sweep completes that.
    const parts = await knownNames(
      findings,
      folder,
      (name) => PARTS.includes(name) || isTemporary(name),
    );
    if (parts.includes("visits")) {
      await knownNames(findings, folders.visits(ownerHash), isMarker);
    }
    if (parts.includes("uploads")) {
      await checkFiles(findings, folders.uploads(ownerHash));
    }
    if (parts.includes("settings")) {
      const settings = folders.ownerSettings(ownerHash);
      const version = await checkDocument(findings, settings);
      if (!version) await findings.move(settings, "has no readable version");
    }
    if (parts.includes("imports")) await this.checkImports();
    if (parts.includes("activity")) {
      const events = folders.ownerEvents(ownerHash);
      const entries: LogEntry[] = [];
      const onEntry = (entry: LogEntry) => void entries.push(entry);
      await checkLog(findings, events, { isExtra: isErasure, onEntry });
      this.lists = new OwnerLists(
        entries.toSorted((a, b) => a.number - b.number),
      );
    }
    await this.checkProjects(parts.includes("projects"));
    await this.checkConversations(parts.includes("conversations"));
    if (parts.includes("links")) await this.checkLinks();
  }

  /** A link without its lookup would be listed, and lead nowhere. */
  private async checkLinks(): Promise<void> {
    const { findings, folders, ownerHash } = this;
    const lookups = new SharedLookups(findings.fileSystem, folders);
    const all = folders.links(ownerHash);
    for (const id of await knownNames(findings, all, isId)) {
      if (isTemporary(id)) continue;
      findings.count("shared links");
      const ref = { ownerHash, link: id };
      const folder = folders.link(ref);
      const version = await checkDocument(findings, folder);
      if (version?.isTombstone) continue;
      const link = StoredLink.safeParse(version?.data).data;
      if (!link) {
        await findings.move(folder, "has no readable version");
      } else if (!(await lookups.read(link.tokenHash))) {
        await findings.repair(folder, "can't be found by its token", {
          done: "given the file by which it is found",
          apply: async () => void (await lookups.create(link.tokenHash, ref)),
        });
      }
    }
  }

  private async checkImports(): Promise<void> {
    const { findings, folders, ownerHash } = this;
    const all = folders.imports(ownerHash);
    for (const id of await knownNames(findings, all, isId)) {
      if (isTemporary(id)) continue;
      findings.count("imports");
      const folder = folders.import(ownerHash, id);
      const parts = await knownNames(findings, folder, isPart);
      if (!parts.includes("progress")) continue;
      await checkDocument(findings, path.join(folder, "progress"));
    }
  }

  private async checkProjects(isThere: boolean): Promise<void> {
    const { findings, folders, ownerHash } = this;
    const all = folders.projects(ownerHash);
    const found = isThere ? await knownNames(findings, all, isId) : [];
    const kept = new Set<string>();
    for (const id of found.filter((name) => !isTemporary(name))) {
      const folder = folders.project(ownerHash, id);
      const version = await checkDocument(findings, folder);
      const project = StoredProject.safeParse(version?.data).data;
      if (version) kept.add(id);
      else await findings.move(folder, "has no readable version");
      if (version && project) await this.listProject(folder, version, project);
    }
    for (const { version, data } of this.lists.projects.values()) {
      if (data.deletedAt !== null || kept.has(data.id)) continue;
      const project = { ...data, deletedAt: new Date().toISOString() };
      await this.addEvent(
        folders.project(ownerHash, data.id),
        "is listed and does not exist",
        { kind: "project", version: version + 1, project },
      );
    }
  }

  private async listProject(
    folder: string,
    { number: version }: DocumentVersion,
    project: StoredProject,
  ): Promise<void> {
    if ((this.lists.projects.get(project.id)?.version ?? 0) >= version) return;
    const event = { kind: "project", version, project } as const;
    await this.addEvent(folder, "is not in the owner's list", event);
  }

  private async checkConversations(isThere: boolean): Promise<void> {
    const { findings, folders, ownerHash } = this;
    const all = folders.conversations(ownerHash);
    const found = isThere ? await knownNames(findings, all, isId) : [];
    const kept = new Set<string>();
    for (const id of found.filter((name) => !isTemporary(name))) {
      if (await this.checkConversation(id)) kept.add(id);
    }
    for (const { version, data } of this.lists.conversations.values()) {
      if (data.deletedAt !== null || kept.has(data.id)) continue;
      const conversation = { ...data, deletedAt: new Date().toISOString() };
      await this.addEvent(
        path.join(all, data.id),
        "is listed and does not exist",
        { kind: "conversation", version: version + 1, conversation },
      );
    }
  }

  /** @returns False if it can't be opened. */
  private async checkConversation(id: string): Promise<boolean> {
    const { findings, folders, ownerHash } = this;
    findings.count("conversations");
    const folder = path.join(folders.conversations(ownerHash), id);
    const parts = await knownNames(findings, folder, (name) =>
      CONVERSATION.includes(name),
    );
    const settings = folders.settings(ownerHash, id);
    const version = parts.includes("settings")
      ? await checkDocument(findings, settings)
      : undefined;
    // A sweep removes the rest.
    if (version?.isTombstone) return true;
    const files = folders.files({ ownerHash, conversation: id });
    const whole = parts.includes("files")
      ? await checkFiles(findings, files)
      : new Set<string>();
    const onEntry = (entry: LogEntry) =>
      reportMissing(findings, files, entry, whole);
    const log = parts.includes("messages")
      ? await checkLog(findings, folders.messages(ownerHash, id), { onEntry })
      : undefined;
    if (!log?.last) {
      await findings.move(folder, "has no message");
      return false;
    }
    if (parts.includes("queue")) {
      const queue = folders.queue({ ownerHash, conversation: id });
      await checkLog(findings, queue, { onEntry });
    }
    await this.checkReplies(id, log);
    const stored = StoredConversation.safeParse(version?.data).data;
    if (!version || !stored) return this.restoreSettings(folder, id);
    await this.list(folder, version, stored);
    return true;
  }

  private async checkReplies(id: string, messages: LogListing) {
    const { findings, folders, ownerHash } = this;
    const conversation = path.join(folders.conversations(ownerHash), id);
    const all = path.join(conversation, "replies");
    if (!(await namesIn(findings, conversation)).includes("replies")) return;
    for (const name of await knownNames(findings, all, isEven)) {
      findings.count("reply logs");
      const number = Number(name);
      const folder = path.join(all, name);
      if (!messages.has(number) && !messages.has(number - 1)) {
        // Otherwise the next prompt with this number would get another prompt's reply.
        await findings.move(folder, "answers a message that does not exist");
      } else {
        await knownNames(findings, folder, isNumber);
      }
    }
  }

  private async list(
    folder: string,
    { number: version }: DocumentVersion,
    conversation: StoredConversation,
  ): Promise<void> {
    const listed = this.lists.conversations.get(conversation.id);
    if ((listed?.version ?? 0) >= version) return;
    const event = {
      kind: "conversation",
      version,
      conversation: indexedSettings(conversation),
    } as const;
    await this.addEvent(folder, "is not in the owner's list", event);
  }

  /**
   * The owner index has a copy of the settings.
   *
   * @returns False if the owner index lacks them, too.
   */
  private async restoreSettings(folder: string, id: string): Promise<boolean> {
    const { findings, folders, ownerHash } = this;
    const listed = this.lists.conversations.get(id);
    if (!listed) {
      await findings.move(folder, "has no settings, and is in no list");
      return false;
    }
    const document = new VersionedDocument(
      this.storage,
      folders.settings(ownerHash, id),
    );
    await findings.repair(folder, "has no readable settings", {
      done: "given the settings of the owner's list",
      apply: async () => {
        await document.create(toJson(listed.data));
      },
    });
    return true;
  }

  private async addEvent(
    folder: string,
    problem: string,
    event: OwnerEvent,
  ): Promise<void> {
    const events = this.folders.ownerEvents(this.ownerHash);
    await this.findings.repair(folder, problem, {
      done: problem.startsWith("is not")
        ? "added to the list"
        : "removed from the list",
      apply: async () => {
        await new OwnerEventLog(this.storage, events).append(event);
      },
    });
  }
}
