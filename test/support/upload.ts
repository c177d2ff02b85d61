import { FileRef } from "../../app/core/domain/records";
import { TOKEN, type TestBackend } from "./start-backend";

export interface UploadOptions {
  owner?: string;
  name?: string;
  key?: string;
}

/** Sends a file to a path of the API, as web does. */
export async function postFile(
  { url }: Pick<TestBackend, "url">,
  path: string,
  content: Buffer | string,
  {
    owner,
    name,
    key,
  }: { owner: string; name: string; key?: string | undefined },
): Promise<{ status: number; body: { detail?: string } }> {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "keepsake-owner": owner,
      "content-type": "application/octet-stream",
      "keepsake-file-name": encodeURIComponent(name),
      ...(key !== undefined && { "idempotency-key": key }),
    },
    body: new Uint8Array(Buffer.from(content)),
  });
  const body = (await response.json()) as { detail?: string };
  return { status: response.status, body };
}

/** Uploads a file of a message. */
export async function upload(
  backend: Pick<TestBackend, "url">,
  content: Buffer | string,
  { owner = "ada", name = "notes.txt", key }: UploadOptions = {},
): Promise<{ status: number; file: FileRef; problem: string }> {
  const sent = { owner, name, key };
  const { status, body } = await postFile(backend, "/v1/files", content, sent);
  const file = FileRef.safeParse(body).data;
  return { status, file: file!, problem: body.detail ?? "" };
}

/** Downloads a file of a conversation as web does. */
export async function download(
  { url }: Pick<TestBackend, "url">,
  conversation: string,
  file: string,
  owner = "ada",
): Promise<{ status: number; content: Buffer; headers: Headers }> {
  const response = await fetch(
    `${url}/v1/conversations/${conversation}/files/${file}`,
    {
      headers: { authorization: `Bearer ${TOKEN}`, "keepsake-owner": owner },
    },
  );
  const content = Buffer.from(await response.arrayBuffer());
  return { status: response.status, content, headers: response.headers };
}
