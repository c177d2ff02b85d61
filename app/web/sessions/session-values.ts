import { z } from "zod";
import { type JsonObject, parseObject } from "../../core/storage/json";
import { newSessionId } from "./session-id";

/** Values that newer versions of the program add are kept. */
const Values = z.looseObject({
  /** A random id, or the subject of a verified token. */
  owner: z.string().min(1),
  /** Counters of changes by kind of record, which invalidate cached records. */
  versions: z.record(z.string(), z.int()).catch({}),
  /** The model that was chosen last. */
  model: z.string().optional().catch(undefined),
  /** The model of new conversations; absent for the one that was chosen last. */
  defaultModel: z.string().optional().catch(undefined),
});

export type SessionValues = z.output<typeof Values>;

/** The model of the next new conversation; `undefined` for the backend's default. */
export const preferredModel = ({
  defaultModel,
  model,
}: SessionValues): string | undefined => defaultModel ?? model;

/** Property names of koa-session's object, which a value would overwrite. */
const RESERVED = new Set(
  "isNew toJSON length populated maxAge externalKey save regenerate manuallyCommit commit constructor".split(
    " ",
  ),
);

const isPlain = (key: string) => !key.startsWith("_") && !RESERVED.has(key);

/** For a first visit. */
export const newValues = (owner = newSessionId()): SessionValues => ({
  owner,
  versions: {},
});

/** @returns `undefined` if the stored values are not those of a session. */
export function readValues(stored: JsonObject): JsonObject | undefined {
  const values = Values.safeParse(stored).data;
  return values && toValues(values);
}

/** The values in the form in which they are stored and read again. */
export function toValues(session: object): JsonObject {
  const values = parseObject(JSON.stringify(session)) ?? {};
  return Object.fromEntries(
    Object.entries(values).filter(([key]) => isPlain(key)),
  );
}

export const isSame = (a: JsonObject, b: JsonObject): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
