import { StoredProject } from "../../core/storage/layout/owner-events";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import { NotFoundError, VisibleError } from "../../core/domain/errors";
import type { DocumentVersion } from "../../core/storage/document-versions";
import type { StorageContext } from "../../core/storage/storage-context";
import { toJson } from "../../core/storage/json";
import {
  DocumentExistsError,
  VersionedDocument,
} from "../../core/storage/versioned-document";
import { sentence } from "../../core/texts/catalogue";
import { isVisible } from "../../core/domain/text";
import { limits, type Project } from "../../core/domain/records";
import type { OwnerIndex } from "../owner-index/owner-index";
import { derivedId, newId } from "../ids";

export interface ProjectsDeps {
  files: StorageContext;
  folders: RecordFolders;
  ownerIndex: OwnerIndex;
  now: () => Date;
}

/** The projects of all owners. A project groups conversations and adds instructions to each prompt. */
export class Projects {
  constructor(private readonly deps: ProjectsDeps) {}

  /** The owner's projects, by name. */
  async list(ownerHash: string): Promise<Project[]> {
    const { projects } = await this.deps.ownerIndex.read(ownerHash);
    return [...projects.values()]
      .filter(({ project }) => project.deletedAt === null)
      .map(({ project }) => toProject(project))
      .toSorted((a, b) => a.name.localeCompare(b.name, "en"));
  }

  /** @throws NotFoundError if there is no such project of this owner, or it is deleted. */
  async read(ownerHash: string, id: string): Promise<Project> {
    const project = await this.readIfThere(ownerHash, id);
    if (!project) throw new NotFoundError("project");
    return project;
  }

  async readIfThere(
    ownerHash: string,
    id: string,
  ): Promise<Project | undefined> {
    const version = await this.documentOf(ownerHash, id).read();
    const project = version && parse(version);
    return project?.deletedAt === null ? toProject(project) : undefined;
  }

  /** @param key An idempotency key. */
  async create(
    ownerHash: string,
    options: { name: string; instructions?: string },
    key?: string,
  ): Promise<Project> {
    const { name, instructions = "" } = options;
    assertNotTooLong(instructions);
    const at = this.deps.now().toISOString();
    const project: StoredProject = {
      id: key ? derivedId("project", ownerHash, key) : newId(),
      name: name.trim(),
      instructions,
      createdAt: at,
      updatedAt: at,
      deletedAt: null,
    };
    const document = this.documentOf(ownerHash, project.id);
    const made = await document
      .create(toJson(project))
      .catch(async (error: unknown) => {
        if (error instanceof DocumentExistsError) return document.read();
        throw error;
      });
    const stored = made && parse(made);
    if (!stored) throw new NotFoundError("project");
    await this.addToIndex(ownerHash, made);
    return toProject(stored);
  }

  async change(
    ownerHash: string,
    id: string,
    changes: { name?: string; instructions?: string },
  ): Promise<Project> {
    assertNotTooLong(changes.instructions ?? "");
    await this.read(ownerHash, id);
    const name = changes.name?.trim();
    return this.update(ownerHash, id, { ...changes, name });
  }

  /** Deletes a project, but not its conversations. */
  async delete(ownerHash: string, id: string): Promise<void> {
    const deletedAt = this.deps.now().toISOString();
    await this.update(ownerHash, id, { deletedAt });
  }

  private async update(
    ownerHash: string,
    id: string,
    changes: Partial<StoredProject>,
  ): Promise<Project> {
    const updatedAt = this.deps.now().toISOString();
    const changed = toJson({ ...changes, updatedAt });
    const version = await this.documentOf(ownerHash, id).update((data) => ({
      ...data,
      ...changed,
    }));
    const project = version && parse(version);
    if (!project) throw new NotFoundError("project");
    await this.addToIndex(ownerHash, version);
    return toProject(project);
  }

  private async addToIndex(ownerHash: string, version: DocumentVersion) {
    const project = parse(version);
    if (!project) return;
    await this.deps.ownerIndex.append(ownerHash, {
      kind: "project",
      version: version.number,
      project,
    });
  }

  private documentOf(ownerHash: string, id: string): VersionedDocument {
    const { files, folders } = this.deps;
    return new VersionedDocument(files, folders.project(ownerHash, id));
  }
}

/** @throws VisibleError (413) */
export function assertNotTooLong(instructions: string): void {
  if (Buffer.byteLength(instructions) <= limits.instructionsBytes) return;
  throw new VisibleError(
    413,
    sentence("problem.limit.projectInstructions", {
      bytes: limits.instructionsBytes,
    }),
  );
}

function parse({
  data,
  isTombstone,
}: DocumentVersion): StoredProject | undefined {
  const result = StoredProject.safeParse(data);
  return isTombstone || !result.success ? undefined : result.data;
}

function toProject(stored: StoredProject): Project {
  const { id, instructions, createdAt, updatedAt } = stored;
  const name = isVisible(stored.name) ? stored.name : "Untitled project";
  return { id, name, instructions, createdAt, updatedAt };
}
