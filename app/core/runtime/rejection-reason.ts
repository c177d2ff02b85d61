/** Why a check failed, in the words of its error; `undefined` if it did not. */
export async function whyRejected(
  check: Promise<unknown>,
): Promise<string | undefined> {
  try {
    await check;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
