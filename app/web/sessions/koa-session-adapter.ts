import type { Context } from "koa";
import createKoaSession from "koa-session";
import type Koa from "koa";
import type { JsonObject } from "../../core/storage/json";
import { newSessionId } from "./session-id";
import { type SessionValues, toValues } from "./session-values";

/** A session as koa-session's calls find it. */
export interface SessionRecord {
  /** @returns The values, if the session exists. */
  load(id: string): Promise<JsonObject | undefined>;
  saveChanges(values: JsonObject): Promise<void>;
  /** Makes another session and ends the present one. */
  replace(id: string, values: JsonObject): Promise<void>;
  /** Ends the session with the request, unless it is replaced before. */
  endLater(): void;
  requestedId(): string | undefined;
  sendCookie(): void;
}

/**
 * Translates koa-session's calls for a {@link SessionRecord}. The values of the request's session are
 * in koa-session's object on `ctx.session`.
 */
export class KoaSessionAdapter {
  /** Ignores saves: koa-session repeats the one that {@link SessionRecord} has just made. */
  isClosed = false;
  /** The id in koa-session's view: it is not told of every change. */
  private id: string | undefined;
  /** The object that stands for the stored session. Another object means another session. */
  private model: unknown;

  constructor(
    private readonly ctx: Context,
    private readonly record: SessionRecord,
  ) {}

  get values(): SessionValues {
    return this.ctx.session as SessionValues;
  }

  /** @param values `null` ends the session with the request. */
  set(values: object | null): void {
    Reflect.set(this.ctx, "session", values);
  }

  /** Puts other values in place, for a session that the caller makes. @returns A function that undoes it. */
  substitute(values: SessionValues): () => void {
    const before = this.ctx.session?.toJSON() ?? null;
    this.set(values);
    this.id = this.ctx.session?.externalKey;
    return () => {
      this.set(before);
      this.adopt();
    };
  }

  /** From now on the present object stands for the stored session. */
  adopt(): void {
    this.model = this.ctx.session;
  }

  async save(): Promise<void> {
    await this.ctx.session?.save();
  }

  async load(id: string): Promise<JsonObject | undefined> {
    const values = await this.record.load(id);
    if (values) this.id = id;
    return values;
  }

  async write(id: string, data: JsonObject): Promise<void> {
    if (this.isClosed) return;
    const values = toValues(data);
    const isSameObject = this.ctx.session === this.model;
    if (isSameObject && id === this.id) {
      await this.record.saveChanges(values);
      return;
    }
    // `ctx.session = {}` keeps the id in koa-session: another visitor may know it.
    await this.record.replace(id === this.id ? newSessionId() : id, values);
    this.id = id;
  }

  /** koa-session ends a session before it has made its successor. */
  destroy(id: string): void {
    if (id === this.id) this.record.endLater();
  }

  requestedId(): string {
    return this.record.requestedId() ?? "";
  }

  sendCookie(): void {
    this.record.sendCookie();
  }
}

/**
 * koa-session as a middleware whose store and cookie are the request's adapter.
 *
 * @param adapterOf Finds the adapter of a request.
 */
export function koaSession(
  app: Koa,
  adapterOf: (ctx: Context) => KoaSessionAdapter,
): Koa.Middleware {
  const of = ({ ctx }: { ctx?: Context }) => {
    if (!ctx) throw new Error("koa-session names no request");
    return adapterOf(ctx);
  };
  const options = {
    signed: true,
    httpOnly: true,
    overwrite: true,
    sameSite: "lax",
    genid: newSessionId,
    externalKey: {
      get: (ctx: Context) => adapterOf(ctx).requestedId(),
      set: (ctx: Context) => adapterOf(ctx).sendCookie(),
    },
    store: {
      get: (id: string, _: number, call: { ctx?: Context }) =>
        of(call).load(id),
      set: (
        id: string,
        values: JsonObject,
        _: number,
        call: { ctx?: Context },
      ) => of(call).write(id, values),
      destroy: async (id: string, call: { ctx?: Context }) =>
        of(call).destroy(id),
    },
  };
  return createKoaSession(options, app) as Koa.Middleware;
}
