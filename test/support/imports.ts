import { Import } from "../../app/core/domain/records";
import { callApi, TOKEN, type TestBackend } from "./start-backend";

interface Given {
  owner: string;
  key?: string;
  name?: string;
}

/** Uploads a file to import, as web does. */
export async function beginImport(
  { url }: Pick<TestBackend, "url">,
  content: unknown,
  { owner, key, name = "conversations.json" }: Given,
): Promise<{ status: number; begun: Import; problem: string }> {
  const isRaw = typeof content === "string" || Buffer.isBuffer(content);
  const body = isRaw ? content : JSON.stringify(content);
  const response = await fetch(`${url}/v1/imports`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "keepsake-owner": owner,
      "content-type": "application/octet-stream",
      "keepsake-file-name": encodeURIComponent(name),
      ...(key !== undefined && { "idempotency-key": key }),
    },
    body: new Uint8Array(Buffer.from(body)),
  });
  const answer = (await response.json()) as { detail?: string };
  const begun = Import.safeParse(answer).data;
  return {
    status: response.status,
    begun: begun!,
    problem: answer.detail ?? "",
  };
}

/** Continues an import once. */
export async function continueImport(
  backend: Pick<TestBackend, "url">,
  id: string,
  owner: string,
): Promise<Import> {
  const path = `/v1/imports/${id}/continue`;
  const { body } = await callApi(backend, "POST", path, { owner });
  return Import.parse(body);
}

/** Imports a file to its end, or until it waits for something. */
export async function importAll(
  backend: Pick<TestBackend, "url">,
  content: unknown,
  given: Given,
): Promise<Import> {
  const { begun, problem } = await beginImport(backend, content, given);
  if (!begun) throw new Error(problem);
  for (let made = begun; ;) {
    made = await continueImport(backend, made.id, given.owner);
    if (made.finishedAt !== null || made.problem !== undefined) return made;
  }
}
