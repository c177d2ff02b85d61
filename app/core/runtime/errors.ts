import { constants } from "node:os";

const names = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);

/**
 * The system's name of an error (`ENOENT`), or `undefined` if it has none. Node 20 says
 * `Unknown system error -116` for some errors (`ESTALE`, `EDQUOT`).
 */
export function errorCode(error: unknown): string | undefined {
  // Not `instanceof Error`: system errors may come from another realm (a sandbox, a worker).
  if (typeof error !== "object" || error === null) return undefined;
  if (!("code" in error) || typeof error.code !== "string") return undefined;
  if (!error.code.startsWith("Unknown system error")) return error.code;
  const number = "errno" in error ? Number(error.errno) : Number.NaN;
  return names.get(Math.abs(number)) ?? error.code;
}

/** The message of the error by which a check rejects; `undefined` if it resolves. */
export async function rejectionReason(
  check: Promise<unknown>,
): Promise<string | undefined> {
  try {
    await check;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
