import { constants } from "node:os";

const names = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);

/**
 * The system's name of an error (`ENOENT`), or `undefined` if it has none. Node 20 has no name of
 * its own for some (`ESTALE`, `EDQUOT`) and says `Unknown system error -116`.
 */
export function errorCode(error: unknown): string | undefined {
  // Not `instanceof Error`: the system's errors may be of another realm (in a sandbox, a worker).
  if (typeof error !== "object" || error === null) return undefined;
  if (!("code" in error) || typeof error.code !== "string") return undefined;
  if (!error.code.startsWith("Unknown system error")) return error.code;
  const number = "errno" in error ? Number(error.errno) : Number.NaN;
  return names.get(Math.abs(number)) ?? error.code;
}
