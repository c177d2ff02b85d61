import { z } from "zod";
import { Id, Usage } from "../../domain/records";

/** A conversation's settings, as they are on disk. Fields that are not known here are kept. */
export const StoredConversation = z.looseObject({
  id: Id,
  title: z.string(),
  model: z.string(),
  project: Id.nullable(),
  maxTokens: z.number().nullable(),
  temperature: z.number().nullable(),
  createdAt: z.string(),
  deletedAt: z.string().nullable(),
});

/** A project, as it is on disk. Fields that are not known here are kept. */
export const StoredProject = z.looseObject({
  id: Id,
  name: z.string(),
  instructions: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  deletedAt: z.string().nullable(),
});

/**
 * What is noted in an owner's activity. Settings carry the version that they were read from, so
 * that two which were noted in the wrong order do no harm.
 */
export const OwnerEvent = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("conversation"),
    version: z.int(),
    conversation: StoredConversation,
  }),
  z.object({
    kind: z.literal("project"),
    version: z.int(),
    project: StoredProject,
  }),
  z.object({ kind: z.literal("prompt"), id: Id, at: z.string() }),
  z.object({
    kind: z.literal("reply"),
    id: Id,
    /** The reply's number: one that is noted twice counts once. */
    reply: z.int(),
    at: z.string(),
    model: z.string(),
    modelName: z.string(),
    usage: Usage.optional(),
  }),
]);

export type StoredConversation = z.output<typeof StoredConversation>;
export type StoredProject = z.output<typeof StoredProject>;
export type OwnerEvent = z.output<typeof OwnerEvent>;
