/*
 * Preloaded into a backend to break it: a claim succeeds even if another process owns the reply, so
 * both append to it. The survival test must detect this.
 */
const { open } = require("node:fs/promises");
const {
  nodeFileSystem,
} = require("../../../build/app/core/storage/file-system.js");

const openExclusively = nodeFileSystem.open;
const isEpoch = /\/replies\/\d+\/\d+$/;

nodeFileSystem.open = async (file, flags) => {
  if (flags !== "wx" || !isEpoch.test(file))
    return openExclusively(file, flags);
  const handle = await open(file, "a+", 0o600);
  return {
    write: async (data) => {
      await handle.appendFile(data);
    },
    read: async (position, length) => {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await handle.read(buffer, 0, length, position);
      return buffer.subarray(0, bytesRead);
    },
    size: async () => (await handle.stat()).size,
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
};
