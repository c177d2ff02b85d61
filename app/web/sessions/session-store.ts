import type { JsonObject } from "../../core/storage/json";

/** A copy that belongs to the reader. */
export interface StoredSession {
  values: JsonObject;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** Milliseconds since 1970. */
  savedAt: number;
}

/** Time-outs of a session, in milliseconds. */
export interface SessionLifetime {
  /** Since the last save. */
  idleMs: number;
  /** Since its creation, whatever its use. */
  absoluteMs: number;
}

/**
 * Storage of sessions. Any process may read and write any session at any time; acknowledged writes
 * are visible to all. Ids are secrets: a store never keeps, logs or lists them.
 *
 * All methods throw the storage's error if it can't be used. Then a session is as it was, or as
 * it was to become.
 */
export interface SessionStore {
  /** @returns `undefined` if there is none, if it was ended, or if it has expired. */
  read(id: string): Promise<StoredSession | undefined>;

  /**
   * Creates a session under a new id.
   *
   * @param owner Under whom {@link endAllOf} is to find it.
   */
  create(
    id: string,
    values: JsonObject,
    owner?: string,
  ): Promise<StoredSession>;

  /**
   * Creates a session under an id that a visitor's cookie has had for a while. Several requests may do
   * so at the same time: exactly one creates it, and all others read it.
   *
   * @param owner Under whom {@link endAllOf} is to find it.
   * @returns `undefined` if a session of this id was ended or has expired: it must not come back.
   */
  createOnce(
    id: string,
    values: JsonObject,
    owner?: string,
  ): Promise<StoredSession | undefined>;

  /** True if there is or was a session of this id, and its end is not long ago. */
  isTaken(id: string): Promise<boolean>;

  /**
   * Saves what one request changed, over what others saved meanwhile: of the top-level keys those
   * whose value differs between `base` and `values`. Counts as use of the session, also if nothing
   * was changed. Never makes a session.
   *
   * @param base The values that the request began with.
   * @param values The values that it ends with.
   * @param from What was read, to save a look at it.
   * @returns What is saved now; `undefined` if the session isn't there any more.
   */
  save(
    id: string,
    base: JsonObject,
    values: JsonObject,
    from?: StoredSession,
  ): Promise<StoredSession | undefined>;

  /** Ends a session permanently, despite concurrent writes. A missing session is no error. */
  end(id: string): Promise<void>;

  /**
   * Ends all sessions that were made for this owner.
   *
   * @returns How many there were.
   */
  endAllOf(owner: string): Promise<number>;
}

export function isExpired(
  session: Pick<StoredSession, "createdAt" | "savedAt">,
  { idleMs, absoluteMs }: SessionLifetime,
  now: number,
): boolean {
  return now - session.savedAt > idleMs || now - session.createdAt > absoluteMs;
}
