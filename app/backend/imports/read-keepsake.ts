import {
  Conversation,
  idPattern,
  isPrompt,
  limits,
  Message,
  type Reply,
} from "../../core/domain/records";
import { isBranch, toBranch, TurnTree } from "../../core/domain/turn-tree";
import { turnOf } from "../../core/domain/turns";
import { StoredConversation } from "../../core/storage/layout/owner-events";
import { cleanInstructions, cleanText, cleanTime, cleanTitle } from "./clean";
import type {
  ImportedConversation,
  ImportedTurn,
  Leftover,
} from "./conversation";

type Unknown = Readonly<Record<string, unknown>>;

const MAX_MESSAGES = 20_000;

/** The most characters of the sentence about a reply that failed. */
const REASON_LENGTH = 1_000;

/** A conversation as our own export has it. @returns `undefined` if it is no such conversation. */
export function readKeepsake(
  data: Unknown,
  now: Date,
): ImportedConversation | Leftover | undefined {
  if (!Array.isArray(data.messages)) return undefined;
  const raw = data.messages as unknown[];
  if (raw.length > MAX_MESSAGES) return "tooLong";
  const left = new Set<Leftover>();
  const turns = toTurns(readMessages(data, raw, now, left));
  if (turns.length === 0) return "empty";
  const first = turns[0]?.prompt.at ?? now.toISOString();
  const last = turns.at(-1)?.reply.at ?? first;
  const createdAt = timeOf(data.createdAt, now) ?? first;
  return {
    id: idOf(data.id),
    title: cleanTitle(data.title),
    model: typeof data.model === "string" ? data.model : undefined,
    project: idOf(data.project),
    ...optionsOf(data, left),
    createdAt,
    updatedAt: timeOf(data.updatedAt, now) ?? last,
    isPinned: typeof data.pinnedAt === "string",
    isArchived: typeof data.archivedAt === "string",
    turns,
    left: [...left],
  };
}

const idOf = (value: unknown): string | undefined =>
  typeof value === "string" && idPattern.test(value) ? value : undefined;

const timeOf = (value: unknown, now: Date): string | undefined =>
  typeof value === "string" ? cleanTime(Date.parse(value), now) : undefined;

/** Settings that have a place of their own in {@link ImportedConversation}, or belong to the original alone. */
const OWN = new Set([
  "id",
  "title",
  "model",
  "project",
  "maxTokens",
  "temperature",
  "createdAt",
  "deletedAt",
  "titledBy",
  "pinnedAt",
  "archivedAt",
  "purgedAt",
  "deletedTurns",
  "importedFrom",
]);

/** The settings that the API would answer, too: whatever a file says, the conversation must open. */
function optionsOf(
  data: Unknown,
  left: Set<Leftover>,
): Pick<ImportedConversation, "maxTokens" | "temperature" | "settings"> {
  const { maxTokens, temperature } = Conversation.shape;
  const keys = Object.keys(StoredConversation.shape);
  const settings: Record<string, unknown> = {};
  for (const key of keys.filter((one) => !OWN.has(one))) {
    const shape = Conversation.shape as Record<
      string,
      { safeParse(value: unknown): { success: boolean; data?: unknown } }
    >;
    const result = shape[key]?.safeParse(data[key]);
    if (result?.success && result.data !== undefined) {
      settings[key] = result.data;
    }
  }
  const { instructions } = settings;
  if (typeof instructions === "string") {
    const onCut = () => void left.add("cutTexts");
    settings.instructions = cleanInstructions(instructions, onCut);
  }
  return {
    maxTokens: maxTokens.safeParse(data.maxTokens).data ?? null,
    temperature: temperature.safeParse(data.temperature).data ?? null,
    settings,
  };
}

function readMessages(
  data: Unknown,
  raw: unknown[],
  now: Date,
  left: Set<Leftover>,
): Map<number, Message> {
  const messages = new Map<number, Message>();
  for (const one of [...raw, unfinished(data.unfinishedReply)]) {
    const message = Message.safeParse(one).data;
    if (!message || message.number > limits.messageNumber) continue;
    const isPlaced = (message.number % 2 === 1) === isPrompt(message);
    const at = timeOf(message.at, now) ?? now.toISOString();
    if (!isPlaced) continue;
    const onCut = () => void left.add("cutTexts");
    const text = cleanText(message.text, onCut);
    const fields = isPrompt(message) ? message : withClean(message, onCut);
    messages.set(message.number, { ...fields, text, at });
  }
  return messages;
}

/** A reply whose other texts are bounded, too. */
function withClean(reply: Reply, onCut: () => void): Reply {
  const { reasoning, reason, model, modelName } = reply;
  return {
    ...reply,
    ...(reasoning !== undefined && { reasoning: cleanText(reasoning, onCut) }),
    ...(reason !== undefined && {
      reason: cleanText(reason, onCut, REASON_LENGTH),
    }),
    model: cleanTitle(model),
    modelName: cleanTitle(modelName) || "Assistant",
  };
}

/** A reply that was being written when it was exported. */
function unfinished(reply: unknown): unknown {
  if (typeof reply !== "object" || reply === null) return undefined;
  const isFailed = "status" in reply && reply.status === "failed";
  const outcome = isFailed ? "failed" : "stopped";
  return { ...reply, role: "assistant", outcome };
}

/** The turns in their order. Each follows the nearest one before it that the file still has. */
function toTurns(messages: ReadonlyMap<number, Message>): ImportedTurn[] {
  const numbers = [...new Set([...messages.keys()].map(turnOf))].toSorted(
    (a, b) => a - b,
  );
  const branches = [...messages.values()]
    .filter(isPrompt)
    .filter(isBranch)
    .map(toBranch);
  if (branches.length >= limits.branches) return [];
  const tree = new TurnTree(branches, numbers.at(-1) ?? 1);
  const turns = new Map<number, ImportedTurn>();
  for (const number of numbers) {
    const prompt = messages.get(number);
    const reply = messages.get(number + 1);
    // A turn that is missing is no branch: it followed the one before it.
    const before = Math.min(tree.before(number), number - 2);
    turns.set(number, {
      ...toTurn(prompt, reply),
      after: turns.get(nearestTo(before, numbers)),
    });
  }
  return [...turns.values()];
}

/** The highest of sorted numbers that is not above one; below 1 if there is none. */
function nearestTo(number: number, sorted: readonly number[]): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (sorted[middle]! <= number) from = middle + 1;
    else to = middle;
  }
  return sorted[from - 1] ?? 0;
}

function toTurn(
  prompt: Message | undefined,
  reply: Message | undefined,
): ImportedTurn {
  const at = prompt?.at ?? reply?.at ?? new Date(0).toISOString();
  const files = prompt && isPrompt(prompt) ? prompt.files : undefined;
  return {
    prompt: {
      text: prompt?.text ?? "…",
      at,
      ...(files?.length && { files: files.slice(0, limits.filesPerMessage) }),
    },
    reply:
      reply && !isPrompt(reply)
        ? withoutPlace(reply)
        : {
            text: "",
            at,
            model: "",
            modelName: "Assistant",
            outcome: "failed",
          },
  };
}

function withoutPlace(reply: Reply): ImportedTurn["reply"] {
  const { number: _, role: __, ...rest } = reply;
  return rest;
}
