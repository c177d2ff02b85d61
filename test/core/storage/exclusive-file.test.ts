import { setImmediate as turn } from "node:timers/promises";
import {
  createExclusively,
  createFolder,
  emptyFolder,
  isTemporary,
  listFresh,
  removeFolder,
  temporaryName,
} from "../../../app/core/storage/exclusive-file";
import type {
  FileSystem,
  OpenFlags,
} from "../../../app/core/storage/file-system";
import { failing } from "../../support/failing-file-system";
import { MemoryDisk } from "../../support/memory-disk";

async function diskWith(...folders: string[]): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  for (const folder of folders) await disk.mkdir(folder);
  return disk;
}

const put = (disk: FileSystem, file: string) =>
  disk.open(file, "wx").then((open) => open.close());

const fail = () => Promise.reject(new Error("EIO"));

/** The disk, on which calls of an open file fail. */
const withFile = (
  disk: FileSystem,
  ...broken: ("write" | "sync" | "close")[]
): FileSystem =>
  Object.assign(Object.create(disk) as FileSystem, {
    open: async (file: string, flags: OpenFlags) => {
      const calls = Object.fromEntries(broken.map((name) => [name, fail]));
      return { ...(await disk.open(file, flags)), ...calls };
    },
  });

const create = (disk: FileSystem, text = "text") =>
  createExclusively(disk, "/d", "name", Buffer.from(text));

describe("a file that is created exclusively", () => {
  test("is created once, and leaves no temporary file", async () => {
    const disk = await diskWith("/d");
    expect(await create(disk, "mine")).toBe(true);
    expect(await create(disk, "other")).toBe(false);
    await turn();
    expect(await disk.readdir("/d")).toEqual(["name"]);
    expect((await disk.readFile("/d/name")).toString()).toBe("mine");
  });

  test.each(["write", "close"] as const)(
    "does not exist if its %s fails",
    async (call) => {
      const disk = await diskWith("/d");
      await expect(create(withFile(disk, call))).rejects.toThrow("EIO");
      await turn();
      expect(await disk.readdir("/d")).toEqual([]);
    },
  );

  test("reports the failure of its write, although its close fails too", async () => {
    const disk = withFile(await diskWith("/d"), "close");
    const full = Object.assign(Object.create(disk) as FileSystem, {
      open: async (file: string) => ({
        ...(await disk.open(file, "wxs")),
        write: () => Promise.reject(new Error("ENOSPC")),
      }),
    });
    await expect(create(full)).rejects.toThrow("ENOSPC");
  });

  test("needs its folder", async () => {
    const disk = await diskWith();
    await expect(create(disk)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is reported as failed if it can't be linked, or its folder can't be flushed", async () => {
    const disk = await diskWith("/d");
    await expect(create(failing(disk, "EIO", "link"))).rejects.toThrow("EIO");
    await expect(create(failing(disk, "EIO", "syncDirectory"))).rejects.toThrow(
      "EIO",
    );
  });

  test("a temporary file is recognised by its name, and no other file is", () => {
    expect(isTemporary(temporaryName())).toBe(true);
    expect(["v1", "name.tmp", `v${temporaryName()}`].map(isTemporary)).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe("a folder", () => {
  test("is created with its parents, by one of its creators", async () => {
    const disk = await diskWith();
    expect(await createFolder(disk, "/a/b/c")).toBe(true);
    expect(await createFolder(disk, "/a/b/c")).toBe(false);
    expect(await disk.readdir("/a/b")).toEqual(["c"]);
  });

  test("is created although its parent is removed meanwhile", async () => {
    const disk = await diskWith("/a");
    let isRemoved = false;
    const raced = Object.assign(Object.create(disk) as FileSystem, {
      mkdir: async (folder: string) => {
        if (folder === "/a/b" && !isRemoved) await disk.rmdir("/a");
        isRemoved = true;
        await disk.mkdir(folder);
      },
    });
    expect(await createFolder(raced, "/a/b")).toBe(true);
    expect(await disk.readdir("/a")).toEqual(["b"]);
  });

  test("is reported if it can't be created", async () => {
    const disk = await diskWith("/a");
    const full = failing(disk, "ENOSPC", "mkdir");
    await expect(createFolder(full, "/a/b")).rejects.toThrow("ENOSPC");
    const file = await diskWith();
    await put(file, "/a");
    await expect(createFolder(file, "/a/b")).rejects.toThrow("ENOTDIR");
  });

  test("is listed as missing only if it is missing", async () => {
    const disk = await diskWith("/a");
    expect(await listFresh(disk, "/a")).toEqual([]);
    expect(await listFresh(disk, "/a/b/c")).toBeUndefined();
    const forbidden = failing(disk, "EACCES", "readdir");
    await expect(listFresh(forbidden, "/a")).rejects.toThrow("EACCES");
    const failed = failing(disk, "EIO", "refresh");
    await expect(listFresh(failed, "/b")).rejects.toThrow("EIO");
  });
});

async function filled() {
  const disk = await diskWith("/d", "/d/one", "/d/one/two");
  for (const file of ["/d/one/a", "/d/one/two/b"]) await put(disk, file);
  return disk;
}

describe("a removed folder", () => {
  test("is gone with all that it contains, and may be missing", async () => {
    const disk = await filled();
    await removeFolder(disk, "/d/one");
    await removeFolder(disk, "/d/one");
    await emptyFolder(disk, "/d/one");
    expect(await disk.readdir("/d")).toEqual([]);
  });

  test("is gone although a writer adds to it meanwhile", async () => {
    const disk = await filled();
    let late = 3;
    const raced = Object.assign(Object.create(disk) as FileSystem, {
      rmdir: async (folder: string) => {
        if (late-- > 0) await put(disk, `${folder}/late`);
        await disk.rmdir(folder);
      },
    });
    await removeFolder(raced, "/d/one");
    expect(await disk.readdir("/d")).toEqual([]);
  });

  test("is gone although another sweep removes its files meanwhile", async () => {
    const disk = await filled();
    const raced = Object.assign(Object.create(disk) as FileSystem, {
      unlink: async (file: string) => {
        if (file.endsWith("/a")) await disk.unlink(file);
        await disk.unlink(file);
      },
    });
    await removeFolder(raced, "/d/one");
    expect(await disk.readdir("/d")).toEqual([]);
  });

  test("is reported if writers never let it be empty", async () => {
    const disk = await filled();
    let attempts = 0;
    const raced = Object.assign(Object.create(disk) as FileSystem, {
      rmdir: (folder: string) => {
        attempts += 1;
        return put(disk, `${folder}/late`).then(() => disk.rmdir(folder));
      },
    });
    await expect(emptyFolder(raced, "/d/one/two")).rejects.toThrow("ENOTEMPTY");
    expect(attempts).toBe(10);
  });

  test.each(["rename", "readdir", "unlink", "rmdir"] as const)(
    "is reported if its %s fails",
    async (call) => {
      const disk = failing(await filled(), "EIO", call);
      await expect(removeFolder(disk, "/d/one")).rejects.toThrow("EIO");
    },
  );
});
