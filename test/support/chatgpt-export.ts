/*
 * Conversations as ChatGPT exports them, made from a few words. Real ones have more fields, and tool calls in many
 * forms.
 */

export interface Spoken {
  role: string;
  text?: string;
  content?: object;
  model?: string;
  at?: number | null;
  recipient?: string;
  metadata?: object;
}

const BEGUN = 1_700_000_000;

/** A node of a conversation. */
export const node = (
  id: string,
  parent: string | null,
  message: Spoken | null,
  children: string[] = [],
) => ({
  [id]: {
    id,
    parent,
    children,
    message: message && {
      id,
      author: { role: message.role, name: null, metadata: {} },
      create_time: message.at === undefined ? BEGUN : message.at,
      content: message.content ?? {
        content_type: "text",
        parts: [message.text ?? ""],
      },
      status: "finished_successfully",
      recipient: message.recipient ?? "all",
      metadata: { model_slug: message.model, ...message.metadata },
    },
  },
});

/** A conversation without branches. */
export function chatGptConversation(
  title: string,
  messages: readonly Spoken[],
  others: object = {},
) {
  const ids = messages.map((_, index) => `n${index}`);
  return {
    title,
    create_time: BEGUN,
    update_time: BEGUN + 3_600,
    mapping: Object.assign(
      node("root", null, null, ["n0"]),
      ...messages.map((message, index) =>
        node(ids[index]!, ids[index - 1] ?? "root", message),
      ),
    ) as object,
    current_node: ids.at(-1),
    conversation_id: title,
    ...others,
  };
}

export const user = (text: string, others: object = {}): Spoken => ({
  role: "user",
  text,
  ...others,
});

export const assistant = (text: string, others: object = {}): Spoken => ({
  role: "assistant",
  text,
  model: "gpt-4o",
  ...others,
});
