import pino from "pino";
import { Registry } from "prom-client";
import {
  createModels,
  type Models,
} from "../../app/backend/models/create-models";
import { createProviders } from "../../app/backend/models/create-providers";
import type { ModelEvent } from "../../app/backend/models/model";
import { readModelSettings } from "../../app/backend/models/provider-settings";
import { readBackendConfig } from "../../app/core/config/config";

/** The backend's models for some settings, without a log. */
export function modelsFor(env: NodeJS.ProcessEnv): Models {
  const settings = readModelSettings(readBackendConfig(env));
  return createModels({
    providers: createProviders(settings),
    timeouts: settings.timeouts,
    metrics: new Registry(),
    log: pino({ level: "silent" }),
  });
}

/** All events of a reply to one message, and the error that ended it, if one did. */
export async function ask(
  models: Models,
  id: string,
  text: string,
  signal: AbortSignal = new AbortController().signal,
  onEvent: (event: ModelEvent) => void = () => {},
): Promise<{ events: ModelEvent[]; error: unknown }> {
  const events: ModelEvent[] = [];
  try {
    const reply = models.streamReply(id, [{ role: "user", text }], {}, signal);
    for await (const event of reply) {
      events.push(event);
      onEvent(event);
    }
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
}

/** The text or the reasoning of a reply. */
export function said(
  events: ModelEvent[],
  kind: "text" | "reasoning" = "text",
): string {
  return events
    .map((event) => (event.kind === kind ? event.text : ""))
    .join("");
}

/** Runs named checks, prints the result of each, and counts them. */
export class Checks {
  passed = 0;
  failed = 0;

  async check(name: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
      this.passed++;
      console.log(`ok    ${name}`);
    } catch (error) {
      this.failed++;
      console.log(`FAIL  ${name}\n      ${String(error)}`);
    }
  }
}
