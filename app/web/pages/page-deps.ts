import type { Logger } from "../../core/runtime/log";
import type { Api } from "../backend-client/api";
import type { MessageRenderer } from "./message-renderer";
import type { Render } from "../rendering/views";
import type { EventStreams } from "../streaming/event-streams";

/** What routes are made with. */
export interface RouteDeps {
  api: Api;
  log: Logger;
  render: Render;
  messages: MessageRenderer;
  streams: EventStreams;
  /** The name under which this process shows itself. */
  host: string;
  /** Where signing out goes on, if it does. */
  signOutUrl?: string;
  /** Milliseconds since 1970. */
  now: () => number;
}
