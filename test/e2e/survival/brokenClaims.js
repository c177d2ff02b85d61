/*
 * Loaded before a backend, to break it: a process that claims a reply gets it, also if another
 * has it already. The survival test must notice.
 */
const fileSystem = require("../../../build/app/shared/files/FileSystem.js");
const { open } = require("node:fs/promises");

const { nodeFileSystem } = fileSystem;
const asItShouldBe = nodeFileSystem.open;
const isEpoch = /\/replies\/\d+\/\d+$/;

nodeFileSystem.open = async (file, flags) => {
  if (flags !== "wx" || !isEpoch.test(file)) return asItShouldBe(file, flags);
  await (await open(file, "a", 0o600)).close();
  const handle = await open(file, "r+");
  return {
    write: async (data, position) => {
      await handle.write(data, 0, data.length, position);
    },
    read: async (position, length) => {
      const { bytesRead, buffer } = await handle.read(
        Buffer.alloc(length),
        0,
        length,
        position,
      );
      return buffer.subarray(0, bytesRead);
    },
    size: async () => (await handle.stat()).size,
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
};
