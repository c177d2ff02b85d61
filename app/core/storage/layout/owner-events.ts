import { z } from "zod";
import { Id, Usage } from "../../domain/records";

/** A conversation's settings on disk. Unknown fields are kept. */
export const StoredConversation = z.looseObject({
  id: Id,
  title: z.string(),
  model: z.string(),
  project: Id.nullable(),
  maxTokens: z.number().nullable(),
  /** At most 1, which is all that earlier versions of the program accept; see {@link temperatureOf}. */
  temperature: z.number().nullable(),
  exactTemperature: z.number().optional(),
  /** Absent if there are none, and from the owner index. */
  instructions: z.string().optional(),
  createdAt: z.string(),
  deletedAt: z.string().nullable(),
  /** Absent for the beginning of the first message, and from earlier versions of the program. */
  titledBy: z.enum(["person", "model"]).optional(),
  /** Absent or `null` if it is not pinned. */
  pinnedAt: z.string().nullable().optional(),
  /** Absent or `null` if it is not archived. */
  archivedAt: z.string().nullable().optional(),
  /** In the owner index alone: when it was deleted permanently. */
  purgedAt: z.string().optional(),
  /** The turns that were deleted from it; absent if none was. */
  deletedTurns: z.array(z.number()).optional(),
});

/** A project on disk. Unknown fields are kept. */
export const StoredProject = z.looseObject({
  id: Id,
  name: z.string(),
  instructions: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  deletedAt: z.string().nullable(),
});

/**
 * An entry of an owner's event log. Settings carry their document's version, so that two events in
 * the wrong order do no harm.
 */
export const OwnerEvent = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("conversation"),
    version: z.int(),
    conversation: StoredConversation,
    /** The size of its messages, if the event creates the conversation. */
    bytes: z.int().optional(),
    /** The time of the last message, if the event creates a conversation that is older than the event. */
    updatedAt: z.string().optional(),
  }),
  z.object({
    kind: z.literal("project"),
    version: z.int(),
    project: StoredProject,
  }),
  z.object({
    kind: z.literal("prompt"),
    id: Id,
    at: z.string(),
    /** The size of the message; absent from events of earlier versions. */
    bytes: z.int().optional(),
  }),
  z.object({
    kind: z.literal("reply"),
    id: Id,
    /** The reply's number: an event that was appended twice counts once. */
    reply: z.int(),
    at: z.string(),
    model: z.string(),
    modelName: z.string(),
    usage: Usage.optional(),
    bytes: z.int().optional(),
  }),
  /** All events before this one are deleted with what they are about. */
  z.object({ kind: z.literal("erased"), at: z.string() }),
]);

export type StoredConversation = z.output<typeof StoredConversation>;
export type StoredProject = z.output<typeof StoredProject>;
export type OwnerEvent = z.output<typeof OwnerEvent>;

/** The two fields of a temperature. */
export const storedTemperature = (temperature: number | null) =>
  temperature === null
    ? { temperature }
    : {
        temperature: Math.min(temperature, 1),
        exactTemperature: temperature,
      };

/** The chosen temperature. An earlier version of the program may have changed one of the fields alone. */
export function temperatureOf({
  temperature,
  exactTemperature = temperature ?? 0,
}: Pick<StoredConversation, "temperature" | "exactTemperature">):
  number | null {
  const isCurrent = temperature === Math.min(exactTemperature, 1);
  return isCurrent ? exactTemperature : temperature;
}

/** Without what would make an owner's list long. */
export function indexedSettings(
  settings: StoredConversation,
): StoredConversation {
  const { instructions: _, ...indexed } = settings;
  return indexed;
}
