import Keygrip from "keygrip";
import type { Context } from "koa";
import { ZodError } from "zod";
import { titleOf } from "../../app/backend/conversations/title";
import { converseEvents } from "../../app/backend/models/bedrock/converse";
import { readReplyBody } from "../../app/backend/models/openai/reply-body";
import { createReplyReader } from "../../app/backend/models/openai/reply-reader";
import { ModelError } from "../../app/backend/models/model";
import {
  formatOffset,
  logStart,
  parseOffset,
} from "../../app/backend/replies/log/offset";
import { decodeRecords, headerOf } from "../../app/backend/replies/log/records";
import { replay, toEvent } from "../../app/backend/replies/log/replay";
import { readRequest } from "../../app/backend/streams/read-request";
import { ConfigError, readBackendConfig } from "../../app/core/config/config";
import { VisibleError } from "../../app/core/domain/errors";
import { continueTrace } from "../../app/core/runtime/trace-context";
import { parseObject } from "../../app/core/storage/json";
import { followReply } from "../../app/web/backend-client/reply-stream";
import { excerptOf, withoutMarkup } from "../../app/web/pages/excerpt";
import {
  GrowingMarkdown,
  htmlOf,
  renderMarkdown,
  renderText,
} from "../../app/web/rendering/growing-markdown";
import { finish } from "../../app/web/rendering/steps";
import { workLimits } from "../../app/web/rendering/work-limits";
import { SessionCookie } from "../../app/web/sessions/session-cookie";
import { parseSeen } from "../../app/web/streaming/reply-text";
import { inPieces, requireSafeHtml } from "./properties";

/** A parser of text that comes from outside, with what must hold for every text. */
export interface Target {
  /** Pieces from which texts are made. */
  words: string[];
  /** @throws an error that the parser does not document, or for a broken promise. */
  check(text: string): void | Promise<void>;
}

const markdown =
  "a|1| |\n|\n\n|\r\n|\t|    |- |* |1. |> |# |`|```|~~~|*|**|_|~~|[|]|(|)|![|](http://b)|<http://a>|https://a.b/c|javascript:a|data:a|<script>|<img src=x onerror=a>|&amp;|&#0;|\\|\\(|\\)|\\[|\\]|$$|$|\\begin{a}|\\end{a}|\n| a | b |\n|---|---|\n|\n===|\n---|中|。|😀|\0|\"|'".split(
    "|",
  );
markdown.push("|", "|-|");

const json = '{ } [ ] , : " \\ null true 1e9 -1 "a" __proto__ \\u0000'.split(
  " ",
);
const frames = [
  "data: ",
  "data:",
  "event: data\n",
  "event: control\n",
  ": a\n",
  "\n",
  "\n\n",
  "\r",
  'data: {"streamNextOffset":"1"}\n\n',
  'data: {"streamNextOffset":"1","upToDate":true,"streamClosed":true}\n\n',
  'event: data\ndata: [{"kind":"text","text":"a"}]\n\n',
  '[{"kind":"end","outcome":"complete","text":"a"}]',
  ...json,
];
const chunks = [
  "data: [DONE]\n\n",
  'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
  'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n',
  'data: {"choices":[{"delta":{"reasoning_content":"a"}}]}\n\n',
  '{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}',
  '{"error":{"message":"a"}}',
  "<think>",
  "</think>",
  ...frames,
];

const smallLimits = {
  ...workLimits,
  blockLength: 40,
  codeLength: 90,
  nesting: 3,
  blockWork: 30,
  inlineWork: 60,
};

export const targets: Record<string, Target> = {
  markdown: {
    words: markdown,
    check: (text) => requireSafeHtml(renderMarkdown(text)),
  },
  "growing-markdown": {
    words: markdown,
    check(text) {
      for (const limits of [workLimits, smallLimits]) {
        const growing = new GrowingMarkdown({ limits });
        const grown = inPieces(text)
          .flatMap((piece) => finish(growing.append(piece)))
          .concat(growing.pending);
        const whole = finish(renderText(text, limits));
        if (htmlOf(grown) !== htmlOf(whole)) {
          throw new Error("The grown text differs from the whole one.");
        }
      }
    },
  },
  excerpts: {
    words: markdown,
    check(text) {
      const [query = ""] = inPieces(text);
      const plain = withoutMarkup(text);
      const shown = excerptOf(plain, query).map((part) => part.text);
      if (shown.join("").length > plain.length + 2) throw new Error("Too long");
      titleOf(text);
    },
  },
  "backend-events": {
    words: frames,
    async check(text) {
      const stop = new AbortController();
      const body = bytesOf(text);
      let isAsked = false;
      const events = followReply({
        offset: undefined,
        signal: stop.signal,
        open: async () => {
          if (isAsked) stop.abort();
          isAsked = true;
          return { status: 200, headers: {}, body };
        },
      });
      for await (const { event, offset } of events) {
        if (typeof event.kind !== "string" || typeof offset !== "string") {
          throw new Error("An event without a kind or an offset");
        }
      }
    },
  },
  "openai-stream": {
    words: chunks,
    async check(text) {
      const response = { body: bytesOf(text) } as never;
      const { signal } = new AbortController();
      const events = readReplyBody(response, createReplyReader(), signal);
      await drain(events, ModelError);
    },
  },
  "bedrock-stream": {
    words: [...json, "<think>", "</think>", " ", "\n"],
    async check(text) {
      const parts = inPieces(text);
      const events = (async function* () {
        for (const part of parts) {
          yield { contentBlockDelta: { delta: { text: part } } } as never;
        }
        if (parts.length % 2) {
          yield { messageStop: { stopReason: parts[0] } } as never;
        }
      })();
      await drain(converseEvents(events, " \n"), ModelError);
    },
  },
  "reply-log": {
    words: [
      "\n",
      "\0",
      '{"format":1,"kind":"epoch","epoch":1,"holder":"a","process":"b","keep":0}\n',
      '{"format":1,"kind":"end","after":{"entry":1,"bytes":1},"outcome":"complete","text":"a"}\n',
      '{"text":"a"}\n',
      '{"reasoning":"a"}\n',
      '{"handover":true}\n',
      ...json,
    ],
    check(text) {
      const data = Buffer.from(text);
      const records = decodeRecords(data, logStart);
      headerOf(records);
      // The line of an end is checked when it is used.
      expecting(ZodError, () => replay(records));
      for (const { line } of records) expecting(ZodError, () => toEvent(line));
      const end = records.at(-1)?.offset.bytes ?? 0;
      if (end > data.length) throw new Error("An offset beyond the data");
    },
  },
  offsets: {
    words: "0 1 9 _ . - + e now 0000000001_000000000001 1.999999999 ２".split(
      " ",
    ),
    check(text) {
      parseSeen(text);
      expecting(VisibleError, () => {
        const canonical = formatOffset(parseOffset(text));
        if (canonical !== text) throw new Error("Two forms of one offset");
      });
      const query = Object.fromEntries(new URLSearchParams(text));
      expecting(VisibleError, () => readRequest({ query }));
    },
  },
  documents: {
    words: json,
    check(text) {
      const value = parseObject(text);
      if (value && Object.getPrototypeOf(value) !== Object.prototype) {
        throw new Error("The text sets a prototype.");
      }
    },
  },
  "session-cookie": {
    words: ["keepsake=", "keepsake.sig=", ";", " ", '"', "a", "=", "é", "\0"],
    check(text) {
      const ctx = { secure: false, get: () => text } as unknown as Context;
      const cookie = new SessionCookie(ctx, new Keygrip(["a key"]));
      if (cookie.read() !== undefined) throw new Error("A forged cookie");
    },
  },
  trace: {
    words:
      "00 - 01 ff 0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 , =".split(
        " ",
      ),
    check(text) {
      continueTrace({ traceparent: text, tracestate: text });
    },
  },
  settings: {
    words:
      "PORT= LEASE_SECONDS= OPENAI_BASE_URL= http://a 1 -1 0x1 Infinity \n DATA_DIRECTORY= / ELIZA_DELAY_MS= MODEL_PROVIDER= openai eliza".split(
        / /,
      ),
    check(text) {
      const env = Object.fromEntries(
        text.split("\n").map((line) => line.split("=", 2)),
      );
      expecting(ConfigError, () =>
        readBackendConfig({ DATA_DIRECTORY: "/nowhere", ...env }),
      );
    },
  },
};

/** A body in pieces, which also cut characters. */
async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  const step = 1 + (bytes.length % 7);
  for (let at = 0; at < bytes.length; at += step) {
    yield bytes.subarray(at, at + step);
  }
}

type ErrorClass = new (...args: never[]) => Error;

async function drain(
  events: AsyncIterable<unknown>,
  allowed: ErrorClass,
): Promise<void> {
  try {
    for await (const _ of events);
  } catch (error) {
    if (!(error instanceof allowed)) throw error;
  }
}

function expecting(allowed: ErrorClass, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof allowed)) throw error;
  }
}
