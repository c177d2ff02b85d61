import type {
  ModelMessage,
  ModelProvider,
  ReplyOptions,
} from "../../../app/backend/models/model";
import { joinPieces } from "../../../app/backend/models/join-pieces";
import { type Answer, server } from "../../support/scripted-server";
import {
  collect,
  neverAborts,
  untilFailure,
  user,
} from "./model-provider-contract";

interface ReplyRequest<Settings> {
  settings?: Partial<Settings>;
  options?: Partial<ReplyOptions>;
  messages?: ModelMessage[];
  busyMs?: number;
}

/**
 * Replies of a provider whose server is the file's scripted server.
 *
 * @param path The end of the path that the provider requests.
 */
export function repliesOf<Settings>(
  path: string,
  model: string,
  createProvider: (
    settings: Partial<Settings>,
    busyMs: number,
  ) => ModelProvider,
) {
  /** Requests one reply after another from one provider. */
  const streamsOf = ({
    settings = {},
    options = {},
    messages = [user("hello")],
    busyMs = 60_000,
  }: ReplyRequest<Settings> = {}) => {
    const provider = createProvider(settings, busyMs);
    return (signal = neverAborts()) =>
      provider.streamReply(messages, { model, ...options }, signal);
  };

  const askOf = (request?: ReplyRequest<Settings>) => {
    const stream = streamsOf(request);
    // The number of pieces of a text depends on when they arrive.
    return async () => joinPieces(await collect(stream()));
  };

  return {
    streamsOf,
    /** The function that requests a reply from the same provider each time. */
    askOf,
    /** The events of a reply if the server sends these answers. */
    replyTo: (answers: Answer | Answer[], request?: ReplyRequest<Settings>) => {
      server.on(path, ...[answers].flat());
      return askOf(request)();
    },
    /** The events before a failure, and the failure. */
    failingReply: (answer: Answer) => {
      server.on(path, answer);
      return untilFailure(streamsOf()());
    },
    /** Stops a reply after its first event. */
    replyStoppedAtOnce: (answer: Answer) => {
      server.on(path, answer);
      const controller = new AbortController();
      return untilFailure(streamsOf()(controller.signal), () =>
        setImmediate(() => controller.abort(new Error("stopped"))),
      );
    },
    /** Stops a reply when its server has sent the answer, which does not end. */
    replyStoppedInSilence: (answer: Answer) => {
      const controller = new AbortController();
      server.on(path, async (...asked) => {
        await answer(...asked);
        controller.abort(new Error("stopped"));
      });
      return untilFailure(streamsOf()(controller.signal));
    },
  };
}
