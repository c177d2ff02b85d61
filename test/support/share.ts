import { createHash } from "node:crypto";
import type { SharedLink } from "../../app/core/domain/records";
import { backend } from "./fixtures";
import { callApi, type TestBackend } from "./start-backend";

/** Shares a conversation through the API. */
export const share = (owner: string, id: string, at: TestBackend = backend) =>
  callApi(at, "POST", `/v1/conversations/${id}/links`, { owner, body: {} });

export async function shared(owner: string, id: string): Promise<SharedLink> {
  const { status, body } = await share(owner, id);
  expect(status).toBe(201);
  return body as SharedLink;
}

export const revoke = (
  owner: string,
  link: string,
  at: TestBackend = backend,
) => callApi(at, "DELETE", `/v1/links/${link}`, { owner });

/** Reads what a link shows, for an owner who has nothing to do with it. */
export const open = (token: string, at: TestBackend = backend) =>
  callApi(at, "GET", `/v1/shared/${token}`, { owner: "another" });

/** The name of the file by which a token is looked up. */
export const hashOfToken = (token: string): string =>
  createHash("sha256").update(token).digest("hex");
