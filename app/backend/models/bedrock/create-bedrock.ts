import {
  BedrockRuntimeClient,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { ConfigError } from "../../../core/config/config";
import type { OfferedModel } from "../../../core/config/offered-models";
import {
  type Interval,
  UpdateInterval,
} from "../../../core/runtime/update-interval";
import { rejectionReason } from "../../../core/runtime/errors";
import type {
  ModelEvent,
  ModelMessage,
  ModelProvider,
  ReplyOptions,
} from "../model";
import type { BedrockSettings, ModelTimeouts } from "../provider-settings";
import {
  hasSystemRole,
  refusesSystemRole,
  withoutSystemRole,
} from "../system-role";
import { waitWhileBusy } from "../wait-while-busy";
import { bedrockModels } from "./bedrock-models";
import { converseEvents, converseInput, spaceAtEnd } from "./converse";
import { bedrockError } from "./errors";

/** Each reply needs a connection of its own; the number of replies is limited elsewhere. */
const CONNECTIONS = { keepAlive: true, maxSockets: Infinity };

/**
 * Models of Amazon Bedrock, by ConverseStream. The SDK finds the credentials: the pod's role (Pod
 * Identity, IRSA), or a profile.
 *
 * @param offered The models that `MODELS` offers; `undefined` for Nova Pro, Micro and Lite.
 * @param interval Between two pieces of a reply.
 */
export function createBedrock(
  settings: BedrockSettings,
  timeouts: Pick<ModelTimeouts, "connectMs" | "busyMs">,
  offered?: OfferedModel[],
  interval: Interval = new UpdateInterval(),
): ModelProvider {
  const client = new BedrockRuntimeClient({
    ...defined(settings),
    // Keepsake waits itself, so that the visitor sees it and can stop it.
    maxAttempts: 1,
    // HTTP/1.1: a broken HTTP/2 connection would end every reply on it.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: timeouts.connectMs,
      httpAgent: CONNECTIONS,
      httpsAgent: CONNECTIONS,
    }),
  });

  /** Models that refused a system prompt. */
  const withoutSystem = new Set<string>();

  async function* ask(
    messages: ModelMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent> {
    try {
      const stream = await send(messages, options, signal);
      yield* converseEvents(stream, spaceAtEnd(messages), interval);
    } catch (error) {
      signal.throwIfAborted();
      throw bedrockError(error, options.model);
    }
  }

  async function send(
    messages: ModelMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<ConverseStreamOutput>> {
    const isMerged = withoutSystem.has(options.model);
    const prompt = isMerged ? withoutSystemRole(messages) : messages;
    const input = await converseInput(prompt, options);
    const command = new ConverseStreamCommand(input);
    try {
      const { stream } = await client.send(command, { abortSignal: signal });
      return stream ?? emptyStream();
    } catch (error) {
      if (isMerged || !hasSystemRole(messages)) throw error;
      if (!refusesSystemRole(String(error))) throw error;
      withoutSystem.add(options.model);
      return send(messages, options, signal);
    }
  }

  /** From `AWS_REGION`, or the profile. */
  const region = () => client.config.region();

  return {
    name: "bedrock",
    check: async () => {
      if (await rejectionReason(region())) throw noRegion();
    },
    listModels: async () => bedrockModels(await region(), offered),
    streamReply: (messages, options, signal) =>
      waitWhileBusy(
        (inner) => ask(messages, options, inner),
        timeouts.busyMs,
        signal,
      ),
    close: () => Promise.resolve(client.destroy()),
  };
}

const noRegion = () =>
  new ConfigError(
    "AWS_REGION must be set if MODEL_PROVIDER has bedrock and the AWS profile has no region: eu-central-1, for instance.",
  );

/** Leaves out `undefined`: the SDK looks elsewhere only for settings that are absent. */
function defined<T extends object>(settings: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

async function* emptyStream(): AsyncGenerator<never> {}
