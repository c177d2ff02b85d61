import { Stream } from "node:stream";
import type Keygrip from "keygrip";
import type { Context } from "koa";
import { copyObject, type JsonObject } from "../../core/storage/json";
import type { Logger } from "../../core/runtime/log";
import { keepCookie, readCookie, writeCookie } from "./session-cookie";
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
  /** Sign the cookie, and salt what logs say of it; newest first. */
  keys: string[];
  log: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** How often a session that is only read is saved, so that it doesn't expire: in parts of its idle time. */
const RENEWALS = 20;

/** The session of one request. */
export class VisitorSession {
  /** Whether this request made it. */
  isNew = false;
  /** A sentence for the page, if the session could not be saved; the page goes on without it. */
  problem: string | undefined;

  private id: string | undefined;
  /** What koa-session takes for the id: it doesn't hear of every change. */
  private koaId: string | undefined;
  private stored: StoredSession | undefined;
  /** The values that this request began with, or saved last. */
  private base: JsonObject = {};
  /** koa-session's object that stands for the stored session: another one is another session. */
  private model: unknown;
  private hasEnded = false;
  private isCookieDue = false;
  private isCommitted = false;
  private readonly toEnd = new Set<string>();

  constructor(
    private readonly ctx: Context,
    private readonly keys: Keygrip,
    private readonly options: SessionsOptions,
  ) {}

  /** What the session holds, to be read and changed. It is saved before the response is sent. */
  get values(): SessionValues {
    return this.ctx.session as SessionValues;
  }

  /** Eight characters that tell sessions apart, fit to be seen by anyone. */
  get shortId(): string {
    return shortIdOf(this.id ?? "");
  }

  /**
   * Saves what was changed until now. Needed only before something that others must see at once,
   * and after changes that are made while a body streams (which would be saved when it ends).
   *
   * @throws SessionNotSavedError
   */
  async save(): Promise<void> {
    await this.ctx.session?.save();
  }

  /**
   * Another session and another owner, as on a first visit. The present one ends.
   *
   * @throws SessionNotSavedError Then the visitor still has the present one.
   */
  async startOver(): Promise<void> {
    await this.replace(newValues());
  }

  /**
   * Another session for someone who has shown who they are, and whose sessions can be ended
   * everywhere. The present one ends.
   *
   * @throws SessionNotSavedError Then the visitor still has the present one.
   */
  async signIn(owner: string): Promise<void> {
    const { model } = this.values;
    await this.replace({ owner, versions: {}, ...(model && { model }) }, owner);
  }

  /** Ends the session when the response is sent. The next request is a first visit. */
  signOut(): void {
    this.ctx.session = null;
  }

  /**
   * Ends this session, and all others of someone who has signed in.
   *
   * @returns How many others there were.
   * @throws SessionNotSavedError if not all could be ended.
   */
  async signOutEverywhere(): Promise<number> {
    const { owner } = this.values;
    const count = await this.attempt(() => this.options.store.endAllOf(owner));
    this.signOut();
    return count;
  }

  /* What follows is for the middleware and koa-session. */

  /** The id that the request's cookie names. */
  requestedId(): string {
    const cookie = readCookie(this.ctx, this.keys);
    this.isCookieDue = cookie?.isOutdated === true;
    return cookie?.id ?? "";
  }

  /** @throws SessionNotReadError: an unreadable session is not an unknown one. */
  async load(id: string): Promise<JsonObject | undefined> {
    const stored = await this.read(id);
    const values = stored && readValues(stored.values);
    if (!stored || !values) return undefined;
    this.id = id;
    this.koaId = id;
    this.stored = stored;
    this.base = values;
    return copyObject(this.base);
  }

  private async read(id: string): Promise<StoredSession | undefined> {
    try {
      return await this.options.store.read(id);
    } catch (error) {
      throw new SessionNotReadError(error);
    }
  }

  /**
   * Before anything else, so that the page can say what could not be saved.
   *
   * @throws SessionNotSavedError to who would do something, and could not be found again.
   */
  async begin(): Promise<void> {
    if (!this.stored) this.ctx.session = newValues() as never;
    else this.model = this.ctx.session;
    try {
      if (!this.stored || this.isRenewalDue()) await this.save();
    } catch (error) {
      if (!(error instanceof SessionNotSavedError)) throw error;
      if (!this.stored && !this.isReading) throw error;
      this.problem = error.message;
    }
    this.sendCookie();
  }

  private get isReading(): boolean {
    return ["GET", "HEAD"].includes(this.ctx.method);
  }

  private isRenewalDue(): boolean {
    const age = this.options.now() - (this.stored?.savedAt ?? 0);
    return age > this.options.lifetime.idleMs / RENEWALS;
  }

  /**
   * After the request was handled, and before its response is sent.
   *
   * @throws SessionNotSavedError if it changed something: who only reads keeps the page.
   */
  async commit(): Promise<void> {
    try {
      await this.save();
    } catch (error) {
      if (!this.isReading) throw error;
    }
    this.isCommitted = true;
  }

  /** After koa-session had its turn. */
  async finish(): Promise<void> {
    this.isCommitted = false;
    for (const id of this.toEnd) {
      await this.attempt(() => this.options.store.end(id));
    }
    const { ctx } = this;
    if (ctx.respond !== false && !(ctx.body instanceof Stream)) return;
    ctx.res.once("close", () => {
      // It was logged, and there is nobody left to tell.
      this.save().catch(() => undefined);
    });
  }

  /** Saves under an id of koa-session's: the present one, or one that it made. */
  async write(id: string, data: JsonObject): Promise<void> {
    // koa-session saves again what was just saved.
    if (this.isCommitted) return;
    const values = toValues(data);
    const isOther = this.ctx.session !== this.model;
    if (this.stored && !isOther && id === this.koaId) {
      await this.saveChanges(values);
    } else {
      // koa-session gives another object the same id: who that is, nobody knows.
      await this.change(id === this.koaId ? newSessionId() : id, values);
      this.koaId = id;
    }
  }

  /** koa-session wants a session ended: now, or when the one that replaces it is there. */
  endLater(id: string): void {
    if (id === this.koaId && this.id) this.toEnd.add(this.id);
  }

  sendCookie(): void {
    const { ctx, id, stored } = this;
    if (!id || !stored || !this.isCookieDue) return;
    if (this.hasEnded || ctx.headerSent) return;
    const { absoluteMs } = this.options.lifetime;
    const ageMs = this.options.now() - stored.createdAt;
    writeCookie(ctx, id, Math.max(1000, absoluteMs - ageMs));
    this.isCookieDue = false;
  }

  private async replace(values: SessionValues, owner?: string): Promise<void> {
    const { session } = this.ctx;
    this.ctx.session = values as never;
    this.koaId = this.ctx.session?.externalKey;
    try {
      await this.change(newSessionId(), values as JsonObject, owner);
    } catch (error) {
      // koa-session would wrap its own object; the next save finds the same values.
      this.ctx.session = (session?.toJSON() ?? null) as never;
      this.model = this.ctx.session;
      throw error;
    }
    this.sendCookie();
  }

  private async change(
    id: string,
    values: JsonObject,
    owner?: string,
  ): Promise<void> {
    const old = this.stored && this.id;
    this.toEnd.clear();
    try {
      const { store } = this.options;
      this.stored = await this.attempt(() => store.create(id, values, owner));
    } catch (error) {
      keepCookie(this.ctx);
      throw error;
    }
    Object.assign(this, { id, base: values, model: this.ctx.session });
    Object.assign(this, { isNew: true, hasEnded: false, isCookieDue: true });
    this.problem = undefined;
    // Only now: whoever can't get another session keeps the one there is.
    if (old) await this.attempt(() => this.options.store.end(old));
  }

  private async saveChanges(values: JsonObject): Promise<void> {
    const { id, stored, base } = this;
    if (!id || !stored || this.hasEnded) return;
    if (isSame(values, base) && !this.isRenewalDue()) return;
    const { store } = this.options;
    const saved = await this.attempt(() =>
      store.save(id, base, values, stored),
    );
    this.hasEnded = saved === undefined;
    if (!saved) this.logAs("info", "a session ended while it was in use");
    this.stored = saved ?? stored;
    this.base = values;
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.logAs("error", "a session could not be saved", error);
      throw new SessionNotSavedError(error);
    }
  }

  private logAs(level: "info" | "error", message: string, error?: unknown) {
    const { log, keys } = this.options;
    const session = this.id && logIdOf(this.id, keys[0] ?? "");
    log[level]({ session, ...(error !== undefined && { error }) }, message);
  }
}
