import { Stream } from "node:stream";
import type { Context } from "koa";
import type { Logger } from "../../core/runtime/log";
import { copyObject, type JsonObject } from "../../core/storage/json";
import { KoaSessionAdapter, type SessionRecord } from "./koa-session-adapter";
import type { SessionCookie } from "./session-cookie";
import { SessionNotReadError, SessionNotSavedError } from "./session-errors";
import { logIdOf, newSessionId, shortIdOf } from "./session-id";
import type {
  SessionLifetime,
  SessionStore,
  StoredSession,
} from "./session-store";
import {
  isSame,
  newValues,
  readValues,
  type SessionValues,
  toValues,
} from "./session-values";

export interface SessionsOptions {
  lifetime: SessionLifetime;
  store: SessionStore;
  /** Sign the cookie and salt the ids in logs; newest first. */
  keys: string[];
  /** `keepsake` by default; over TLS it gets the prefix `__Host-`. */
  cookieName?: string;
  /** Called before an anonymous session is created. Throws an error if it must not be. */
  beforeCreation?: (ctx: Context) => void;
  log: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** A session that is only read is saved this many times per idle time, so that it does not expire. */
const RENEWALS = 20;

type State =
  | { kind: "none" }
  | {
      kind: "live";
      id: string;
      stored: StoredSession;
      /** The values last read or saved; the difference to them is what is saved next. */
      base: JsonObject;
      isCookieDue: boolean;
    }
  /** Another request ended it. */
  | { kind: "ended"; id: string };

/** The session of one request. */
export class VisitorSession implements SessionRecord {
  readonly koa: KoaSessionAdapter;
  /** True if this request made it. */
  isNew = false;
  /** A message for the page if the session could not be saved. */
  problem: string | undefined;

  private state: State = { kind: "none" };
  private isEndDue = false;

  constructor(
    private readonly ctx: Context,
    private readonly cookie: SessionCookie,
    private readonly options: SessionsOptions,
  ) {
    this.koa = new KoaSessionAdapter(ctx, this);
  }

  /** May be changed; changes are saved before the response is sent. */
  get values(): SessionValues {
    return this.koa.values;
  }

  /** Eight characters that tell sessions apart and reveal nothing of the id. */
  get shortId(): string {
    return shortIdOf(this.state.kind === "none" ? "" : this.state.id);
  }

  /**
   * Saves changes now. Needed only before something that other requests must see at once, and for
   * changes made while a body streams (otherwise saved when the stream ends).
   *
   * @throws SessionNotSavedError
   */
  async save(): Promise<void> {
    await this.koa.save();
  }

  /**
   * Replaces the session by a new one with a new owner, as on a first visit.
   *
   * @throws SessionNotSavedError Then the present session stays.
   */
  async startOver(): Promise<void> {
    this.options.beforeCreation?.(this.ctx);
    await this.substitute(newValues());
  }

  /**
   * Replaces the session by a new one for a person who has proved their identity.
   *
   * @throws SessionNotSavedError Then the present session stays.
   */
  async signIn(owner: string): Promise<void> {
    const { model } = this.values;
    const values = { owner, versions: {}, ...(model && { model }) };
    await this.substitute(values, owner);
  }

  /** Ends the session when the response is sent. */
  signOut(): void {
    this.koa.set(null);
  }

  /**
   * Ends all sessions of this session's owner, who must have signed in.
   *
   * @returns The number of sessions ended.
   * @throws SessionNotSavedError if not all could be ended.
   */
  async signOutEverywhere(): Promise<number> {
    const { owner } = this.values;
    const count = await this.attempt(() => this.options.store.endAllOf(owner));
    this.signOut();
    return count;
  }

  /**
   * Makes a session if the request has none, and renews one that is only read.
   *
   * @throws SessionNotSavedError if a form would be handled for an owner who cannot be found again.
   */
  async begin(): Promise<void> {
    const { kind } = this.state;
    if (kind === "none") {
      this.options.beforeCreation?.(this.ctx);
      this.koa.set(newValues());
    } else this.koa.adopt();
    try {
      if (kind === "none" || this.isRenewalDue()) await this.save();
    } catch (error) {
      if (!(error instanceof SessionNotSavedError)) throw error;
      if (kind === "none" && !this.isReading) throw error;
      this.problem = error.message;
    }
    this.sendCookie();
  }

  /**
   * Saves changes after the request was handled, before its response is sent.
   *
   * @throws SessionNotSavedError unless the request only reads.
   */
  async commit(): Promise<void> {
    try {
      await this.save();
    } catch (error) {
      if (!this.isReading) throw error;
    }
    this.koa.isClosed = true;
  }

  /** After koa-session: ends the session if asked to, and saves again when a stream ends. */
  async finish(): Promise<void> {
    this.koa.isClosed = false;
    if (this.isEndDue) await this.end(this.state);
    const { ctx } = this;
    if (ctx.respond !== false && !(ctx.body instanceof Stream)) return;
    ctx.res.once("close", () => {
      // The failure is logged; the client has gone.
      this.save().catch(() => undefined);
    });
  }

  /* For koa-session, through its adapter. */

  requestedId(): string | undefined {
    return this.cookie.read();
  }

  /** @throws SessionNotReadError: an unreadable session must not be replaced by a new one. */
  async load(id: string): Promise<JsonObject | undefined> {
    const stored = await this.read(id);
    const base = stored && readValues(stored.values);
    if (!stored || !base) return undefined;
    const isCookieDue = this.cookie.isOutdated;
    this.state = { kind: "live", id, stored, base, isCookieDue };
    return copyObject(base);
  }

  async saveChanges(values: JsonObject): Promise<void> {
    const { state } = this;
    if (state.kind !== "live") return;
    const { id, base, stored } = state;
    if (isSame(values, base) && !this.isRenewalDue()) return;
    const { store } = this.options;
    const saved = await this.attempt(() =>
      store.save(id, base, values, stored),
    );
    if (saved) {
      this.state = { ...state, stored: saved, base: values };
    } else {
      this.state = { kind: "ended", id };
      this.logAs("info", "session ended during a request");
    }
  }

  async replace(id: string, values: JsonObject): Promise<void> {
    const before = this.state;
    await this.create(id, values);
    await this.end(before);
  }

  endLater(): void {
    this.isEndDue = true;
  }

  sendCookie(): void {
    const { state, ctx } = this;
    if (state.kind !== "live" || !state.isCookieDue || ctx.headerSent) return;
    const { absoluteMs } = this.options.lifetime;
    const ageMs = this.options.now() - state.stored.createdAt;
    this.cookie.write(state.id, Math.max(1_000, absoluteMs - ageMs));
    this.state = { ...state, isCookieDue: false };
  }

  private async substitute(
    values: SessionValues,
    owner?: string,
  ): Promise<void> {
    const before = this.state;
    const undo = this.koa.substitute(values);
    try {
      await this.create(newSessionId(), toValues(values), owner);
    } catch (error) {
      undo();
      throw error;
    }
    this.sendCookie();
    await this.end(before);
  }

  private async create(
    id: string,
    values: JsonObject,
    owner?: string,
  ): Promise<void> {
    this.isEndDue = false;
    const { store } = this.options;
    try {
      const stored = await this.attempt(() => store.create(id, values, owner));
      const base = copyObject(values);
      this.state = { kind: "live", id, stored, base, isCookieDue: true };
    } catch (error) {
      this.cookie.keep();
      throw error;
    }
    this.koa.adopt();
    this.isNew = true;
    this.problem = undefined;
  }

  private async end(state: State): Promise<void> {
    if (state.kind === "none") return;
    await this.attempt(() => this.options.store.end(state.id));
  }

  private get isReading(): boolean {
    return ["GET", "HEAD"].includes(this.ctx.method);
  }

  private isRenewalDue(): boolean {
    const { state, options } = this;
    if (state.kind !== "live") return false;
    const ageMs = options.now() - state.stored.savedAt;
    return ageMs > options.lifetime.idleMs / RENEWALS;
  }

  private async read(id: string): Promise<StoredSession | undefined> {
    try {
      return await this.options.store.read(id);
    } catch (error) {
      throw new SessionNotReadError(error);
    }
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.logAs("error", "failed to save session", error);
      throw new SessionNotSavedError(error);
    }
  }

  private logAs(level: "info" | "error", message: string, error?: unknown) {
    const { log, keys } = this.options;
    const { state } = this;
    const session =
      state.kind === "none" ? undefined : logIdOf(state.id, keys[0] ?? "");
    log[level]({ session, ...(error !== undefined && { error }) }, message);
  }
}
