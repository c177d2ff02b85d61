import type { Logger } from "../../shared/log";
import type { Api } from "../api/Api";
import type { Articles } from "../chat/Articles";
import type { Render } from "../rendering/views";
import type { Streams } from "../streaming/Streams";

/** What routes are made with. */
export interface RouteDeps {
  api: Api;
  log: Logger;
  render: Render;
  articles: Articles;
  streams: Streams;
  /** The name under which this process shows itself. */
  host: string;
  /** Where signing out goes on, if it does. */
  signOutUrl?: string;
  /** Milliseconds since 1970. */
  now: () => number;
}
