import type { z } from "zod";
import { operations, Problem } from "../../app/core/api/operations";
import { ConversationPage } from "../../app/core/domain/records";
import { callApi, startBackend, type TestBackend } from "./start-backend";
import { waitFor } from "./wait-for";

/** The backend of the running test, in files that call {@link useBackend}. */
export let backend: TestBackend;

/** Starts a backend for the file, or for each of its tests. */
export function useBackend(before = beforeAll, after = afterAll): void {
  before(async () => {
    backend = await startBackend();
  });
  after(() => backend.stop());
}

type Created = z.output<typeof operations.createConversation.answer>;
type List = z.output<typeof operations.listConversations.answer>;

interface Prompt {
  text: string;
  project?: string;
  follows?: number;
  insteadOf?: number;
  queue?: boolean;
  files?: string[];
  model?: string;
}

export async function createConversation(
  owner: string,
  body: Prompt = { text: "Hello there" },
  at = backend,
): Promise<Created> {
  const answer = await callApi(at, "POST", "/v1/conversations", {
    body,
    owner,
  });
  expect(answer.status).toBe(201);
  return operations.createConversation.answer.parse(answer.body);
}

export async function readConversation(
  owner: string,
  id: string,
  { at = backend, query = "?messages=200" } = {},
): Promise<ConversationPage> {
  const path = `/v1/conversations/${id}${query}`;
  const answer = await callApi(at, "GET", path, { owner });
  expect(answer.status).toBe(200);
  return ConversationPage.parse(answer.body);
}

export async function listConversations(
  owner: string,
  query = "",
  at = backend,
): Promise<List> {
  const path = `/v1/conversations${query}`;
  const answer = await callApi(at, "GET", path, { owner });
  expect(answer.status).toBe(200);
  return operations.listConversations.answer.parse(answer.body);
}

export const sendMessage = (
  owner: string,
  id: string,
  body: Prompt,
  { at = backend, key }: { at?: TestBackend; key?: string } = {},
) =>
  callApi(at, "POST", `/v1/conversations/${id}/messages`, {
    owner,
    body,
    headers: key === undefined ? {} : { "idempotency-key": key },
  });

/** Waits until the last reply has ended. */
export const whenAnswered = (owner: string, id: string, at = backend) =>
  waitFor(async () => {
    const page = await readConversation(owner, id, { at });
    return page.reply === null && page;
  });

/** Waits until the list, too, has the end of the last reply. */
export async function whenListed(owner: string, id: string): Promise<void> {
  const { messages } = await whenAnswered(owner, id);
  await waitFor(async () => {
    const { conversations } = await listConversations(owner);
    const listed = conversations.find((each) => each.id === id);
    return listed?.updatedAt === messages.at(-1)?.at;
  });
}

/** Creates a conversation whose first reply has ended. */
export async function givenConversation(
  owner: string,
  body?: Prompt,
  at = backend,
): Promise<Created["conversation"]> {
  const { conversation } = await createConversation(owner, body, at);
  await whenAnswered(owner, conversation.id, at);
  return conversation;
}

/** The sentence of a refusal. */
export const detailOf = ({ body }: { body: unknown }) =>
  Problem.parse(body).detail;
