import { z } from "zod";
import { type JsonObject, parseObject } from "../../core/storage/json";
import { newSessionId } from "./session-id";

/** What a session holds. What a newer version of the program adds is kept. */
const Values = z.looseObject({
  /** Whose conversations these are: a random id, or the subject of a verified token. */
  owner: z.string().min(1),
  /** How often each kind of record changed, by which cached ones are known to be old. */
  versions: z.record(z.string(), z.int()).catch({}),
  /** The model that was picked. */
  model: z.string().optional().catch(undefined),
});

export type SessionValues = z.output<typeof Values>;

/** Names that koa-session's object has for itself. A value under one would break it. */
const RESERVED = new Set(
  "isNew toJSON length populated maxAge externalKey save regenerate manuallyCommit commit constructor".split(
    " ",
  ),
);

const isPlain = (key: string) => !key.startsWith("_") && !RESERVED.has(key);

/** Those of a first visit: nobody has been this owner before. */
export const newValues = (): SessionValues => ({
  owner: newSessionId(),
  versions: {},
});

/** What was stored, if it is a session at all. */
export function readValues(stored: JsonObject): JsonObject | undefined {
  const values = Values.safeParse(stored).data;
  return values && toValues(values);
}

/** What is stored of a session's values: they are as they will be read again. */
export function toValues(given: object): JsonObject {
  const values = parseObject(JSON.stringify(given)) ?? {};
  return Object.fromEntries(
    Object.entries(values).filter(([key]) => isPlain(key)),
  );
}

export const isSame = (a: JsonObject, b: JsonObject): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
