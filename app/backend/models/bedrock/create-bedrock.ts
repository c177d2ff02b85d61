import {
  BedrockRuntimeClient,
  ConverseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { ConfigError } from "../../../core/config/config";
import type { OfferedModel } from "../../../core/config/offered-models";
import { rejectionReason } from "../../../core/runtime/errors";
import { cancelling } from "../cancelling";
import type {
  ModelEvent,
  ModelMessage,
  ModelProvider,
  ReplyOptions,
} from "../model";
import type { BedrockSettings, ModelTimeouts } from "../model-settings";
import { waitWhileBusy } from "../wait-while-busy";
import { bedrockModels } from "./bedrock-models";
import { converseEvents, converseInput, spaceAtEnd } from "./converse";
import { bedrockError } from "./errors";

/** Each reply holds one for its whole length; how many replies there may be is limited elsewhere. */
const CONNECTIONS = { keepAlive: true, maxSockets: Infinity };

/**
 * Models of Amazon Bedrock, by ConverseStream. Who Keepsake is to AWS, the SDK finds out by itself:
 * the pod's role (Pod Identity, IRSA), or a profile at home.
 *
 * @param offered What `MODELS` offers; `undefined` for Nova Pro, Micro and Lite.
 */
export function createBedrock(
  settings: BedrockSettings,
  timeouts: Pick<ModelTimeouts, "connectMs" | "busyMs">,
  offered?: OfferedModel[],
): ModelProvider {
  const client = new BedrockRuntimeClient({
    ...given(settings),
    // Waiting is done here, where the visitor can be told and can stop it.
    maxAttempts: 1,
    // HTTP/1.1, since a connection of HTTP/2 that breaks takes every reply on it along.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: timeouts.connectMs,
      httpAgent: CONNECTIONS,
      httpsAgent: CONNECTIONS,
    }),
  });

  async function* ask(
    messages: ModelMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent> {
    try {
      const input = converseInput(messages, options);
      const command = new ConverseStreamCommand(input);
      const { stream } = await client.send(command, { abortSignal: signal });
      yield* converseEvents(stream ?? nothing(), spaceAtEnd(messages));
    } catch (error) {
      signal.throwIfAborted();
      throw bedrockError(error, options.model);
    }
  }

  /** Of `AWS_REGION`, or of the profile, where the SDK looks for it. */
  const region = () => client.config.region();

  return {
    name: "bedrock",
    check: async () => {
      if (await rejectionReason(region())) throw noRegion();
    },
    listModels: async () => bedrockModels(await region(), offered),
    streamReply: (messages, options, signal) =>
      cancelling(signal, (inner) =>
        waitWhileBusy(
          () => ask(messages, options, inner),
          timeouts.busyMs,
          inner,
        ),
      ),
    close: () => Promise.resolve(client.destroy()),
  };
}

const noRegion = () =>
  new ConfigError(
    "AWS_REGION must be set where MODEL_PROVIDER has bedrock and the AWS profile has no region: eu-central-1, for instance.",
  );

/** Only what is set: the SDK looks elsewhere for what isn't there, not for what is `undefined`. */
function given<T extends object>(settings: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

async function* nothing(): AsyncGenerator<never> {}
