import type { RouterContext } from "@koa/router";
import type { DefaultState, Middleware } from "koa";
import type { Trace } from "../../core/runtime/trace-context";
import type { ApiContext } from "../backend-client/api";
import type { Person } from "../identity/identity";
import type { VisitorSession } from "../sessions/visitor-session";

/** What middleware leaves for routes. */
export interface WebState extends DefaultState {
  requestId: string;
  trace: Trace;
  /** Who is signed in; nobody where visitors are anonymous. */
  person: Person | undefined;
  visitor: VisitorSession;
  /** What every API call of this request is made with. */
  api: ApiContext;
  /** Whether the browser's script is at work: then a reply comes as events, not in the page. */
  scripted: boolean;
  form: Form;
  /** What was typed into a message box and could not be taken: error pages give it back. */
  typed?: TypedMessage;
}

/** A form's fields; of several of the same name, the last that isn't empty. */
export type Form = ReadonlyMap<string, string>;

export interface TypedMessage {
  text: string;
  /** Where it was sent. */
  action: string;
  /** The form's key, by which a message that is sent twice is taken once. */
  key: string;
  project?: string;
  /** The reply that it goes on from. */
  follows?: string;
  /** The prompt whose place it takes. */
  insteadOf?: string;
}

export type WebContext = RouterContext<WebState>;
export type WebMiddleware = Middleware<WebState>;
