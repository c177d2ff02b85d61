/** Errors of a write, with the status and text that web and backend answer. */
export const diskErrors: [code: string, status: number, why: string][] = [
  ["ENOSPC", 507, "storage is full"],
  ["EDQUOT", 507, "storage is full"],
  ["EROFS", 507, "is read-only"],
  ["EACCES", 507, "may not write"],
  ["EIO", 503, "reports an error"],
  ["ESTALE", 503, "reports an error"],
  ["ETIMEDOUT", 503, "does not answer"],
];
