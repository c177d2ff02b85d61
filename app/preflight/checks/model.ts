import { randomBytes } from "node:crypto";
import { request } from "undici";
import { z } from "zod";
import { ConversationPage } from "../../core/domain/records";
import { setTimeout as wait } from "node:timers/promises";
import {
  type Check,
  failure,
  ok,
  type Outcome,
  skipped,
  type Subject,
} from "../check";
import { backendDispatcher } from "../backend-dispatcher";
import { messageOf } from "../message-of";

const PROMPT = "Answer with one word: ready?";
/** Includes the time to load a model. */
const PATIENCE_MS = 60_000;
const POLL_EVERY_MS = 500;

const Begun = z.object({ conversation: z.object({ id: z.string() }) });

/** Checks that the model replies to a prompt that is sent as web would send it. */
export const model: Check = {
  name: "model",
  why: "Without a working model, every reply fails.",
  run: async (subject) => {
    const { BACKEND_URL, INTERNAL_TOKEN } = subject.config;
    if (!BACKEND_URL || !INTERNAL_TOKEN?.[0]) {
      return skipped(
        "Needs BACKEND_URL and INTERNAL_TOKEN, which only pods have: run scripts/preflight.",
      );
    }
    const call = caller(subject, BACKEND_URL, INTERNAL_TOKEN[0]);
    try {
      return await converse(call, subject.signal);
    } catch (error) {
      return failure(
        `The request to the backend failed: ${messageOf(error)}`,
        "See the check backend-name, and make sure that INTERNAL_TOKEN is the backend's.",
      );
    }
  },
};

type Call = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** Makes calls as a random owner. */
function caller({ signal, config }: Subject, url: string, token: string): Call {
  const owner = `preflight-${randomBytes(16).toString("hex")}`;
  const connected = backendDispatcher(config);
  return async (method, path, body) => {
    const response = await request(new URL(path, url), {
      dispatcher: await connected,
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
      headers: {
        authorization: `Bearer ${token}`,
        "keepsake-owner": owner,
        "x-request-id": randomBytes(8).toString("hex"),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
    });
    const text = await response.body.text();
    if (response.statusCode >= 300)
      throw new Error(
        `${method} ${path} returned ${response.statusCode}: ${text.slice(0, 300)}`,
      );
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  };
}

async function converse(call: Call, signal: AbortSignal): Promise<Outcome> {
  const begun = Begun.parse(
    await call("POST", "/v1/conversations", { text: PROMPT }),
  );
  const path = `/v1/conversations/${begun.conversation.id}`;
  try {
    return await follow(call, path, signal);
  } finally {
    await call("DELETE", path);
  }
}

async function follow(
  call: Call,
  path: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const start = performance.now();
  while (performance.now() - start < PATIENCE_MS) {
    const page = ConversationPage.parse(await call("GET", path));
    const said =
      page.reply?.text ??
      page.messages.find(({ role }) => role === "assistant")?.text;
    if (page.reply?.status === "failed")
      return failed(page.conversation.model, page.reply.reason);
    if (said) {
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      return ok(
        `The model ${page.conversation.model} replied within ${seconds} s.`,
      );
    }
    await wait(POLL_EVERY_MS, undefined, { signal });
  }
  return failed("", `no text within ${PATIENCE_MS / 1000} s`);
}

function failed(name: string, reason: string | undefined): Outcome {
  return failure(
    `The model ${name} does not reply: ${reason ?? "no reason given"}`,
    "For Bedrock, check access to the model in this region, a Pod Identity association with bedrock:InvokeModelWithResponseStream, and the backend's network policy. For an OpenAI-compatible endpoint, check its URL, its key and the same network policy.",
  );
}
