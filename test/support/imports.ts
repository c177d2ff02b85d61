import { Import } from "../../app/core/domain/records";
import { callApi, type TestBackend } from "./start-backend";
import { postFile } from "./upload";

interface Given {
  owner: string;
  key?: string;
  name?: string;
}

/** Uploads a file to import, as web does. */
export async function beginImport(
  backend: Pick<TestBackend, "url">,
  content: unknown,
  { owner, key, name = "conversations.json" }: Given,
): Promise<{ status: number; begun: Import; problem: string }> {
  const isRaw = typeof content === "string" || Buffer.isBuffer(content);
  const file = isRaw ? content : JSON.stringify(content);
  const sent = { owner, name, key };
  const { status, body } = await postFile(backend, "/v1/imports", file, sent);
  const begun = Import.safeParse(body).data;
  return { status, begun: begun!, problem: body.detail ?? "" };
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
