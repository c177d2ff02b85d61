import { Stream } from "node:stream";
import type { Context } from "koa";
import type { Logger } from "../../core/runtime/log";
import { copyObject, type JsonObject } from "../../core/storage/json";
import { KoaSessionAdapter, type SessionRecord } from "./koa-session-adapter";
import type { SessionCookie, SessionName } from "./session-cookie";
import { SessionNotReadError, SessionNotSavedError } from "./session-errors";
import { logIdOf, newSessionId, ownerOfId, shortIdOf } from "./session-id";
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
  /** The owner of a request whose visitor has signed in. */
  signedInOwner?: (ctx: Context) => string | undefined;
  log: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** A session that is only read is saved this many times per idle time, so that it does not expire. */
const RENEWALS = 20;

/** Issued ids of the future are from a clock that differs by this at most. */
const CLOCKS_DIFFER_MS = 3_600_000;

/** Only the cookie knows it: nothing needed a stored session so far. */
interface Unsaved {
  kind: "unsaved";
  id: string;
  issuedAt: number;
  base: JsonObject;
  isCookieDue: boolean;
}

type State =
  | { kind: "none" }
  | Unsaved
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
  /** True if this request issued its id. */
  isNew = false;
  /** A message for the page if the session could not be saved. */
  problem: string | undefined;

  /** What the request's cookie says. */
  private readonly named: SessionName | undefined;
  private state: State = { kind: "none" };
  private isEndDue = false;
  private isNextDue = false;
  /** True if the response names a session again that a faster request may have ended meanwhile. */
  private repeatsCookie = false;

  constructor(
    private readonly ctx: Context,
    private readonly cookie: SessionCookie,
    private readonly options: SessionsOptions,
  ) {
    this.koa = new KoaSessionAdapter(ctx, this);
    this.named = cookie.named;
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
    const { model, defaultModel } = this.values;
    const values = {
      owner,
      versions: {},
      ...(model && { model }),
      ...(defaultModel && { defaultModel }),
    };
    await this.substitute(values, owner);
  }

  /** Ends the session when the response is sent. */
  signOut(): void {
    this.koa.set(null);
  }

  /** As {@link signOut}, and names the next one, with which the same form can be sent again. */
  forget(): void {
    this.signOut();
    this.isNextDue = true;
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
   * Gives the request a session if it has none, and renews one that is only read. A new one is stored
   * before a form is handled, and for a person, whose sessions can be ended everywhere. Otherwise it is
   * stored only if its values change.
   *
   * @throws SessionNotSavedError if a form would be handled for an owner who cannot be found again.
   */
  async begin(): Promise<void> {
    if (this.state.kind === "none") {
      await this.beginUnsaved();
      await this.beginStored();
    } else {
      this.koa.adopt();
      if (this.isRenewalDue()) await this.showProblem(() => this.save());
    }
    this.sendCookie();
  }

  private async beginUnsaved(): Promise<void> {
    const { now, signedInOwner } = this.options;
    const issued = await this.unusedName();
    if (!issued && (await this.adoptStored())) return;
    const { id, issuedAt } = issued ?? { id: newSessionId(), issuedAt: now() };
    this.isNew = !issued;
    const isCookieDue = !issued || this.cookie.isOutdated;
    const values = newValues(signedInOwner?.(this.ctx) ?? ownerOfId(id));
    this.koa.substitute(values);
    this.koa.adopt();
    const base = toValues(values);
    this.state = { kind: "unsaved", id, issuedAt, base, isCookieDue };
  }

  /**
   * The name in the cookie, if its session was never stored. A tombstone says so while it is there. It is
   * removed after the idle time at the earliest, so an older name is not used.
   */
  private async unusedName(): Promise<Required<SessionName> | undefined> {
    const { store, now, lifetime } = this.options;
    const { id, issuedAt } = this.named ?? {};
    if (id === undefined || issuedAt === undefined) return undefined;
    const ageMs = now() - issuedAt;
    if (ageMs > lifetime.idleMs || ageMs < -CLOCKS_DIFFER_MS) return undefined;
    const isTaken = await this.read(() => store.isTaken(id));
    return isTaken ? undefined : { id, issuedAt };
  }

  /**
   * Another request may have stored the session since koa-session looked for it.
   *
   * @returns True if this request uses it now.
   */
  private async adoptStored(): Promise<boolean> {
    const { id, issuedAt } = this.named ?? {};
    if (id === undefined || issuedAt === undefined) return false;
    const values = await this.load(id);
    if (!values) return false;
    this.koa.substitute(values as SessionValues);
    this.koa.adopt();
    return true;
  }

  /** The request sees the values of the one that stored the session first. */
  private async beginStored(): Promise<void> {
    const { state } = this;
    if (state.kind !== "unsaved") return;
    const isPerson = this.options.signedInOwner?.(this.ctx) !== undefined;
    if (!this.isReading) await this.createOnce(state);
    else if (isPerson) await this.showProblem(() => this.createOnce(state));
    if (this.state.kind !== "live") return;
    const { stored } = this.state;
    const base = readValues(stored.values) ?? {};
    this.state = { ...this.state, base };
    this.koa.substitute(copyObject(base) as SessionValues);
    this.koa.adopt();
  }

  private async showProblem(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof SessionNotSavedError)) throw error;
      this.problem = error.message;
    }
  }

  /** Stores the session that only the cookie knows, unless another request has just done so. */
  private async createOnce(state: Unsaved): Promise<void> {
    const { ctx, options } = this;
    const { id, base } = state;
    options.beforeCreation?.(ctx);
    const owner = options.signedInOwner?.(ctx);
    const stored = await this.attempt(() =>
      options.store.createOnce(id, base, owner),
    );
    if (stored && readValues(stored.values)) {
      this.state = { kind: "live", id, stored, base, isCookieDue: true };
      this.repeatsCookie = true;
      return;
    }
    // Another request has stored and ended it.
    await this.create(newSessionId(), base, owner);
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
    if (this.repeatsCookie) await this.keepCookieIfEnded();
    this.koa.isClosed = true;
  }

  /** A slow request must not set the cookie back to a session that a faster one has replaced. */
  private async keepCookieIfEnded(): Promise<void> {
    const { state, options } = this;
    if (state.kind === "live") {
      // This request replaced it itself.
      if (state.id !== this.named?.id) return;
      const { id } = state;
      // The request was handled, so a failed look is no reason to fail it.
      if (await options.store.read(id).catch(() => state.stored)) return;
    }
    this.cookie.keep();
  }

  /** After koa-session: ends the session if asked to, and saves again when a stream ends. */
  async finish(): Promise<void> {
    this.koa.isClosed = false;
    if (this.isEndDue) await this.end(this.state);
    if (this.isNextDue) this.nameNext();
    const { ctx } = this;
    if (ctx.respond !== false && !(ctx.body instanceof Stream)) return;
    ctx.res.once("close", () => {
      // The failure is logged; the client has gone.
      this.save().catch(() => undefined);
    });
  }

  private nameNext(): void {
    const name = { id: newSessionId(), issuedAt: this.options.now() };
    this.cookie.write(name, this.options.lifetime.absoluteMs);
  }

  /* For koa-session, through its adapter. */

  requestedId(): string | undefined {
    return this.named?.id;
  }

  /** @throws SessionNotReadError: an unreadable session must not be replaced by a new one. */
  async load(id: string): Promise<JsonObject | undefined> {
    const { store } = this.options;
    const stored = await this.read(() => store.read(id));
    const base = stored && readValues(stored.values);
    if (!stored || !base) return undefined;
    const isCookieDue =
      this.cookie.isOutdated || this.named?.issuedAt !== undefined;
    this.repeatsCookie = isCookieDue;
    this.state = { kind: "live", id, stored, base, isCookieDue };
    return copyObject(base);
  }

  async saveChanges(values: JsonObject): Promise<void> {
    if (this.state.kind === "unsaved") {
      if (isSame(values, this.state.base)) return;
      await this.createOnce(this.state);
    }
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
    if (state.kind !== "live" && state.kind !== "unsaved") return;
    if (!state.isCookieDue || ctx.headerSent) return;
    const { id } = state;
    const [since, issuedAt] =
      state.kind === "unsaved"
        ? [state.issuedAt, state.issuedAt]
        : [state.stored.createdAt];
    const { absoluteMs } = this.options.lifetime;
    const ageMs = this.options.now() - since;
    this.cookie.write({ id, issuedAt }, Math.max(1_000, absoluteMs - ageMs));
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
    if (state.kind === "none" || state.kind === "unsaved") return;
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

  private async read<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
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
