import { Registry } from "prom-client";
import { nodeFileSystem } from "../../../app/core/storage/file-system";
import { measureFileSystem } from "../../../app/core/storage/measured-file-system";
import { reportAvailability } from "../../../app/core/storage/report-availability";
import { requireReadable } from "../../../app/core/storage/require-readable";
import { failing } from "../../support/failing-file-system";
import { temporaryFolders } from "../../support/temporary-folder";

const temporaryFolder = temporaryFolders();

test("a directory that can't be read is named with its setting, the reason and the remedy", async () => {
  const folder = await temporaryFolder();
  await requireReadable(nodeFileSystem, "DATA_DIRECTORY", folder);
  const missing = requireReadable(nodeFileSystem, "DATA_DIRECTORY", "/absent");
  await expect(missing).rejects.toThrow(
    'DATA_DIRECTORY "/absent" can\'t be read (ENOENT). Check that its volume is mounted and responds.',
  );
});

test("a reason without a name is given in words", async () => {
  const strange = {
    ...nodeFileSystem,
    readdir: () => Promise.reject(new Error("the disk is on fire")),
  };
  await expect(requireReadable(strange, "DATA_DIRECTORY", "/")).rejects.toThrow(
    "the disk is on fire",
  );
});

test("the metric says at each scrape if the directory can be read", async () => {
  const registry = new Registry();
  let fileSystem = nodeFileSystem;
  reportAvailability(registry, () =>
    requireReadable(fileSystem, "DATA_DIRECTORY", "/"),
  );
  const scrape = async () =>
    /^keepsake_storage_unavailable (\d)$/m.exec(await registry.metrics())?.[1];
  expect(await scrape()).toBe("0");
  fileSystem = failing(nodeFileSystem, "EIO", "readdir");
  expect(await scrape()).toBe("1");
  fileSystem = nodeFileSystem;
  expect(await scrape()).toBe("0");
});

test("each listing and each read is measured in seconds, failed ones too", async () => {
  const calls: [string, number][] = [];
  const slow = {
    ...nodeFileSystem,
    readFile: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new Error("EIO");
    },
  };
  const measured = measureFileSystem(slow, (...call) => calls.push(call));
  await measured.readdir("/");
  await expect(measured.readFile("/file")).rejects.toThrow("EIO");
  expect(calls.map(([operation]) => operation)).toEqual(["list", "read"]);
  const [, seconds] = calls[1]!;
  expect(seconds).toBeGreaterThan(0.01);
  expect(seconds).toBeLessThan(10);
});
