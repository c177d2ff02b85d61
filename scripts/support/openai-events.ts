/* The events of OpenAI's chat completions, for servers that stand in for it. */

/** A server-sent event of a chat completion. */
export function event(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** A chunk of text, as OpenAI's own servers send it. */
export function textEvent(content: string | null): string {
  return deltaEvent({ content });
}

export function deltaEvent(
  delta: Record<string, unknown>,
  finish_reason: string | null = null,
): string {
  return event({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "m",
    choices: [{ index: 0, delta, finish_reason }],
  });
}

export const finishEvent = (reason = "stop") => deltaEvent({}, reason);

export function usageEvent(input: number, output: number): string {
  return event({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    choices: [],
    usage: {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
    },
  });
}

export const doneEvent = "data: [DONE]\n\n";
