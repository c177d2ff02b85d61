import { StorageTimeoutError } from "../../../app/core/storage/bounded-file-system";
import { storageProblemOf } from "../../../app/core/storage/storage-problem";

const failed = (code: string, more: object = {}) =>
  Object.assign(new Error(code), { code, ...more });

test("recognizes a disk's problem, also as the cause of another error", () => {
  const full = new Error("no page", { cause: failed("ENOSPC") });
  expect(storageProblemOf(full)).toMatchObject({
    status: 507,
    reason: { key: "storage.full" },
  });
  const silent = new StorageTimeoutError("The file system does not answer.");
  expect(storageProblemOf(silent)).toMatchObject({ status: 503 });
  // Node 20 reports EDQUOT like this.
  const unnamed = failed("Unknown system error -122", { errno: -122 });
  expect(storageProblemOf(unnamed)).toMatchObject({ status: 507 });
});

test("recognizes no other error as a disk's", () => {
  const refused = failed("ETIMEDOUT", { syscall: "connect" });
  for (const error of [refused, failed("ENOENT"), new Error("?"), "x", null]) {
    expect(storageProblemOf(error)).toBeUndefined();
  }
});
