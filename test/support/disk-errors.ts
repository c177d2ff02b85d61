/**
 * Errors of a write, with the status and text that web and backend answer. The tests throw them as the
 * system does; they can't notice an error that real storage reports by another code, at another call
 * (EDQUOT at the close, say) or not at all.
 */
export const diskErrors: [code: string, status: number, why: string][] = [
  ["ENOSPC", 507, "storage is full"],
  ["EDQUOT", 507, "storage is full"],
  ["EROFS", 507, "is read-only"],
  ["EACCES", 507, "may not write"],
  ["EIO", 503, "reports an error"],
  ["ESTALE", 503, "reports an error"],
  ["ETIMEDOUT", 503, "does not answer"],
];
