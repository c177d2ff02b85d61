import type { ModelMessage } from "./model";

const refusals = [
  /system (?:role|message|prompt|instruction)s?\b.{0,60}\b(?:not|\w+n['’]t)\b.{0,20}(?:support|allow|enabled|accept|valid)/i,
  /(?:not|n['’]t) support.{0,40}\bsystem\b/i,
  /developer instruction is not enabled/i,
  /roles must alternate/i,
  /only user(?:,| and) assistant.{0,20}roles? (?:are|is) supported/i,
  /should be '?user'? or '?assistant/i,
  /unexpected role.{0,4}system/i,
];

/** True if a refusal says that the model takes no system prompt. */
export function refusesSystemRole(refusal: string): boolean {
  return refusals.some((pattern) => pattern.test(refusal));
}

export const hasSystemRole = (messages: readonly ModelMessage[]): boolean =>
  messages.some(({ role }) => role === "system");

/** Merges the system prompt into the first user message. */
export function withoutSystemRole(
  messages: readonly ModelMessage[],
): ModelMessage[] {
  const system = messages.filter(({ role }) => role === "system");
  const rest = messages.filter(({ role }) => role !== "system");
  const first = rest[0]?.role === "user" ? rest.shift() : undefined;
  const texts = [...system, ...(first ? [first] : [])].map(({ text }) => text);
  return [{ ...first, role: "user", text: texts.join("\n\n") }, ...rest];
}
