import type { Logger } from "../../core/runtime/log";
import type { Api } from "../backend-client/api";
import type { MessageRenderer } from "./message-renderer";
import type { Assets } from "../rendering/assets";
import type { Render } from "../rendering/views";
import type { EventStreams } from "../streaming/event-streams";
import type { LiveReplies } from "../streaming/live-replies";

export interface RouteDeps {
  api: Api;
  log: Logger;
  render: Render;
  assets: Assets;
  messages: MessageRenderer;
  streams: EventStreams;
  liveReplies: LiveReplies;
  /** The name of this process in the sidebar. */
  host: string;
  /** The identity provider's sign-out page, if there is one. */
  signOutUrl?: string;
  /** Milliseconds since 1970. */
  now: () => number;
}
