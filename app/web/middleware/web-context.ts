import type { RouterContext } from "@koa/router";
import type { DefaultState, Middleware } from "koa";
import type { Locale } from "../../core/texts/locale";
import type { Trace } from "../../core/runtime/trace-context";
import type { ApiContext } from "../backend-client/api";
import type { Person } from "../identity/identity";
import type { Form } from "../forms/form";
import type { MultipartForm } from "../forms/multipart-form";
import type { Preferences } from "../pages/preferences";
import type { SessionCookie } from "../sessions/session-cookie";
import type { StreamBody } from "../streaming/stream-body";
import type { VisitorSession } from "../sessions/visitor-session";

/** Set by middleware, for routes. */
export interface WebState extends DefaultState {
  requestId: string;
  /** The language of the answer. */
  locale: Locale;
  /** What every address in a response begins with: the setting BASE_PATH, or nothing. */
  base: string;
  /** The client's address, or its IPv6 prefix: limits count by it. */
  network: string;
  trace: Trace;
  preferences: Preferences;
  /** The signed-in person; `undefined` for anonymous visitors. */
  person: Person | undefined;
  /** Set for a form, whose cookie is verified before its body is read. */
  sessionCookie?: SessionCookie;
  visitor: VisitorSession;
  api: ApiContext;
  /** True if the browser runs the script: then replies are streamed as events, not in the page. */
  scripted: boolean;
  /** The name of the browser's time zone, as the script gave it. */
  zone: string | undefined;
  /** True if the visitor hid the sidebar, which wide screens can do without. */
  hidesSidebar: boolean;
  form: Form;
  /** Set for a form with files. */
  multipart?: MultipartForm;
  /** The response's body, if it is a stream. */
  live?: StreamBody;
  /** The draft of a message that was refused; error pages show it. */
  typed?: TypedMessage;
}

export type { Form } from "../forms/form";

export interface TypedMessage {
  text: string;
  action: string;
  /** The idempotency key of the form. */
  key: string;
  project?: string;
  /** The reply that it goes on from. */
  follows?: string;
  /** The prompt whose place it takes. */
  insteadOf?: string;
  /** Files that are uploaded already. */
  files: AttachedFile[];
}

/** A file that is uploaded, and not sent yet. */
export interface AttachedFile {
  id: string;
  /** For its owner's eyes: the form sent it. */
  name: string;
}

export type WebContext = RouterContext<WebState>;
export type WebMiddleware = Middleware<WebState>;
