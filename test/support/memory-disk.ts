import path from "node:path";
import {
  type FileSystem,
  FileTooLongError,
  type OpenFile,
  type OpenFlags,
} from "../../app/core/storage/file-system";

interface File {
  data: Buffer;
  mtimeMs: number;
}

type Node = File | "folder";

/** Changes and flushes, in order. */
type Operation =
  | { kind: "mkdir" | "unlink" | "rmdir"; path: string }
  | { kind: "link"; path: string; file: File }
  | { kind: "rename"; path: string; to: string }
  | { kind: "write"; file: File; data: Buffer; position: number }
  | { kind: "sync"; file: File }
  | { kind: "syncDirectory"; path: string };

const fail = (code: string, where: string) =>
  Object.assign(new Error(`${code}: ${where}`), { code });

/**
 * A disk in memory that records every system call, so that a power cut after each can be simulated:
 * flushed data remains, and any part of the rest.
 *
 * Cannot notice what depends on a folder's age (it is always new), on permissions, on the length of
 * names, or on a cache: every process sees each change at once. test/exhaustive adds stale names.
 */
export class MemoryDisk implements FileSystem {
  readonly operations: Operation[] = [];
  private readonly nodes: Map<string, Node>;

  constructor(
    nodes: Map<string, Node> = new Map([["/", "folder"]]),
    private readonly now: () => number = Date.now,
  ) {
    this.nodes = nodes;
  }

  readdir = async (folder: string): Promise<string[]> => {
    this.folder(folder);
    return this.namesIn(folder);
  };

  entries = (folder: string) => this.list(folder);

  private async *list(folder: string) {
    for (const name of await this.readdir(folder)) {
      const node = this.nodes.get(path.join(folder, name));
      yield { name, isFolder: node === "folder" };
    }
  }

  readFile = async (file: string, maxBytes = Infinity): Promise<Buffer> => {
    const { data } = this.file(file);
    if (data.length > maxBytes) throw new FileTooLongError(file);
    return Buffer.from(data);
  };

  open = async (file: string, flags: OpenFlags): Promise<OpenFile> => {
    if (flags === "r") return this.handle(this.file(file));
    const made = { data: Buffer.alloc(0), mtimeMs: this.now() };
    this.apply({ kind: "link", path: file, file: made });
    return this.handle(made, flags === "wxs");
  };

  link = async (file: string, name: string): Promise<void> => {
    this.apply({ kind: "link", path: name, file: this.file(file) });
  };

  unlink = async (file: string): Promise<void> => {
    this.file(file);
    this.apply({ kind: "unlink", path: file });
  };

  mkdir = async (folder: string): Promise<void> =>
    this.apply({ kind: "mkdir", path: folder });

  rmdir = async (folder: string): Promise<void> => {
    this.folder(folder);
    if (this.namesIn(folder).length > 0) throw fail("ENOTEMPTY", folder);
    this.apply({ kind: "rmdir", path: folder });
  };

  rename = async (from: string, to: string): Promise<void> => {
    if (!this.nodes.has(from)) throw fail("ENOENT", from);
    this.apply({ kind: "rename", path: from, to });
  };

  stat = async (where: string) => {
    const node = this.nodes.get(where);
    if (!node) throw fail("ENOENT", where);
    if (node === "folder") {
      return { mtimeMs: this.now(), size: 0, isDirectory: true };
    }
    const { mtimeMs, data } = node;
    return { mtimeMs, size: data.length, isDirectory: false };
  };

  syncDirectory = async (folder: string): Promise<void> => {
    this.folder(folder);
    this.apply({ kind: "syncDirectory", path: folder });
  };

  refresh = async (folder: string): Promise<void> => this.folder(folder);

  /**
   * Every possible disk after a power cut that follows `count` operations: with any subset of unflushed
   * operations, and files in any state of a write.
   */
  *cutAfter(count: number): Generator<MemoryDisk> {
    const done = this.operations.slice(0, count);
    const pending = done.filter(
      (operation, i) => !isDurable(operation, done.slice(i + 1)),
    );
    const choices = pending.map((operation) =>
      operation.kind === "write" ? partsOf(operation.data) : [true, false],
    );
    for (const chosen of combinations(choices)) {
      const lost = new Map(pending.map((op, i) => [op, chosen[i]]));
      yield replay(done, lost as Map<Operation, Buffer | boolean>);
    }
  }

  /** A disk with the same content and no history. */
  copy(): MemoryDisk {
    const copies = new Map<Node, Node>([["folder", "folder"]]);
    const nodes = new Map<string, Node>();
    for (const [name, node] of this.nodes) {
      const copy = copies.get(node) ?? { ...(node as File) };
      copies.set(node, copy);
      nodes.set(name, copy);
    }
    return new MemoryDisk(nodes, this.now);
  }

  /** Content of files by path. */
  dump(): [path: string, data: string][] {
    return [...this.nodes].map(([name, node]) => [
      name,
      node === "folder" ? "/" : node.data.toString("latin1"),
    ]);
  }

  private handle(file: File, isFlushed = false): OpenFile {
    return {
      write: async (data, position) => {
        const copy = Buffer.from(data);
        this.apply({ kind: "write", file, data: copy, position });
        if (isFlushed) this.apply({ kind: "sync", file });
      },
      read: async (position, length) =>
        file.data.subarray(position, position + length),
      size: async () => file.data.length,
      sync: async () => this.apply({ kind: "sync", file }),
      close: () => Promise.resolve(),
    };
  }

  /** @throws As the system does. */
  apply(operation: Operation): void {
    this.change(operation);
    this.operations.push(operation);
  }

  private change(operation: Operation): void {
    const { nodes } = this;
    switch (operation.kind) {
      case "mkdir":
      case "link": {
        this.folder(path.dirname(operation.path));
        if (nodes.has(operation.path)) throw fail("EEXIST", operation.path);
        const made = operation.kind === "link" ? operation.file : "folder";
        nodes.set(operation.path, made);
        return;
      }
      case "unlink":
      case "rmdir":
        nodes.delete(operation.path);
        return;
      case "rename":
        for (const [name, node] of nodes) {
          if (!`${name}/`.startsWith(`${operation.path}/`)) continue;
          nodes.delete(name);
          nodes.set(operation.to + name.slice(operation.path.length), node);
        }
        return;
      case "write":
        write(operation.file, operation.data, operation.position);
        operation.file.mtimeMs = this.now();
        return;
      default:
    }
  }

  private namesIn(folder: string): string[] {
    return [...this.nodes.keys()]
      .filter((name) => name !== "/" && path.dirname(name) === folder)
      .map((name) => path.basename(name));
  }

  private folder(where: string): void {
    const node = this.nodes.get(where);
    if (!node) throw fail("ENOENT", where);
    if (node !== "folder") throw fail("ENOTDIR", where);
  }

  private file(where: string): File {
    const node = this.nodes.get(where);
    if (!node) throw fail("ENOENT", where);
    if (node === "folder") throw fail("EISDIR", where);
    return node;
  }
}

function write(file: File, data: Buffer, position: number): void {
  const length = Math.max(file.data.length, position + data.length);
  const grown = Buffer.alloc(length);
  file.data.copy(grown);
  data.copy(grown, position);
  file.data = grown;
}

/** True if a later operation flushed it. */
function isDurable(operation: Operation, later: Operation[]): boolean {
  switch (operation.kind) {
    case "sync":
    case "syncDirectory":
      return true;
    case "write":
      return later.some((l) => l.kind === "sync" && l.file === operation.file);
    default: {
      const folder = path.dirname(operation.path);
      return later.some((l) => l.kind === "syncDirectory" && l.path === folder);
    }
  }
}

/** States of an unflushed write: none of it, a part, only the file's length, all. */
const partsOf = (data: Buffer): (Buffer | boolean)[] => [
  false,
  data.subarray(0, data.length >> 1),
  Buffer.alloc(data.length),
  true,
];

function* combinations<T>(choices: T[][]): Generator<T[]> {
  const [first, ...rest] = choices;
  if (!first) {
    yield [];
    return;
  }
  for (const tail of combinations(rest)) {
    for (const choice of first) yield [choice, ...tail];
  }
}

type Renaming = Extract<Operation, { kind: "rename" }>;

function nameFor(name: string, kept: readonly Renaming[]): string {
  const renaming = kept.find(({ to }) => name.startsWith(`${to}/`));
  return renaming ? renaming.path + name.slice(renaming.to.length) : name;
}

function replay(
  done: Operation[],
  lost: Map<Operation, Buffer | boolean>,
): MemoryDisk {
  const disk = new MemoryDisk();
  const copies = new Map<File, File>();
  /** Lost renames: operations in such a folder apply to its old name. */
  const kept: Renaming[] = [];
  const copyOf = (file: File) => {
    const copy = copies.get(file) ?? { data: Buffer.alloc(0), mtimeMs: 0 };
    copies.set(file, copy);
    return copy;
  };
  for (const operation of done) {
    const fate = lost.get(operation) ?? true;
    if (fate === false && operation.kind === "rename") kept.push(operation);
    if (fate === false) continue;
    const copy = { ...operation };
    if ("path" in copy) copy.path = nameFor(copy.path, kept);
    if ("file" in copy) copy.file = copyOf(copy.file);
    if (copy.kind === "write" && fate !== true) copy.data = fate;
    try {
      disk.apply(copy);
    } catch {
      // Its folder or its name did not reach the disk.
    }
  }
  disk.operations.length = 0;
  return disk;
}
