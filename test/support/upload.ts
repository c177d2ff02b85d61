import { FileRef } from "../../app/core/domain/records";
import { TOKEN, type TestBackend } from "./start-backend";

export interface UploadOptions {
  owner?: string;
  name?: string;
  key?: string;
}

/** Uploads a file as web does. */
export async function upload(
  { url }: Pick<TestBackend, "url">,
  content: Buffer | string,
  { owner = "ada", name = "notes.txt", key }: UploadOptions = {},
): Promise<{ status: number; file: FileRef; problem: string }> {
  const response = await fetch(`${url}/v1/files`, {
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
  const file = FileRef.safeParse(body).data;
  return { status: response.status, file: file!, problem: body.detail ?? "" };
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
