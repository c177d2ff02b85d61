import { isDeepStrictEqual } from "node:util";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import Keygrip from "keygrip";
import Koa, { type Context } from "koa";
import { ZodError } from "zod";
import { sniff } from "../../app/backend/files/sniff";
import { readBody } from "../../app/backend/middleware/read-body";
import { keyOf } from "../../app/backend/middleware/validate";
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
import { fileTypes } from "../../app/core/domain/file-types";
import { continueTrace } from "../../app/core/runtime/trace-context";
import { parseVersion } from "../../app/core/storage/document-versions";
import { parseObject } from "../../app/core/storage/json";
import { followReply } from "../../app/web/backend-client/reply-stream";
import { FormParser } from "../../app/web/forms/form-parser";
import {
  IdentityUnknownError,
  NotSignedInError,
} from "../../app/web/identity/identity";
import { createLoadBalancerIdentity } from "../../app/web/identity/load-balancer-identity";
import { excerptOf, withoutMarkup } from "../../app/web/pages/excerpt";
import { messageKey } from "../../app/web/pages/read-message";
import {
  GrowingMarkdown,
  htmlOf,
  renderMarkdown,
  renderText,
} from "../../app/web/rendering/growing-markdown";
import { finish } from "../../app/web/rendering/steps";
import { workLimits } from "../../app/web/rendering/work-limits";
import { CookieSignatures } from "../../app/web/sessions/cookie-signatures";
import { SessionCookie } from "../../app/web/sessions/session-cookie";
import { parseSeen } from "../../app/web/streaming/reply-text";
import { cpu, quantity } from "../../k8s/schema/fields";
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
markdown.push(
  ..."<sub>,</sub>,<b>,</b>,<br>,\n<details>\n,<summary>,</summary>,\n</details>\n,[^a],\n[^a]: ,[b][a],\n[a]: http://b\n,- [ ] ,$x^2$,$\\frac{a}{b}$,\n```js\n".split(
    ",",
  ),
);

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

const LOAD_BALANCER =
  "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/a/50dc6c495c0c9188";

const identity = createLoadBalancerIdentity({
  loadBalancers: [LOAD_BALANCER],
  clientIds: ["a"],
  issuer: "https://a",
  // Nothing listens there, so no key is ever found.
  keysUrl: "https://127.0.0.1:9/",
});

/** The beginnings of files, one character for each byte. */
const fileHeads =
  "\x89PNG\r\n\x1a\n|IHDR|\0\0\0\x0d|\xff\xd8\xff|\xff\xc0|\xff\xc4|\xff\xfe|\xff|\0\x02|\0|GIF87a|GIF89a|RIFF|WEBP|VP8 |VP8L|VP8X|%PDF-|\x7f\xff\xff\xff|<html>|\xef\xbb\xbf".split(
    "|",
  );

export const targets: Record<string, Target> = {
  "file-head": {
    words: fileHeads,
    check(text) {
      const { type, size } = sniff(Buffer.from(text, "latin1"));
      if (type !== undefined && !Object.hasOwn(fileTypes, type)) {
        throw new Error(`The type ${type}`);
      }
      const sides = size ? [size.width, size.height] : [];
      if (sides.some((side) => !Number.isSafeInteger(side) || side < 1)) {
        throw new Error(`A picture of ${sides.join(" by ")}`);
      }
    },
  },
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
          .concat(finish(growing.append("", true)), growing.pending);
        if (growing.hasReferences) continue;
        const whole = finish(renderText(text, { limits: limits }));
        // Known definitions cost a second look at each label, so the whole text alone may exceed a limit.
        if (htmlOf(whole).includes('class="unformatted"')) continue;
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
      const { signal } = new AbortController();
      const reader = createReplyReader();
      const body = bytesOf(text);
      const events = readReplyBody(body, reader, signal, NO_INTERVAL);
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
      await drain(converseEvents(events, " \n", NO_INTERVAL), ModelError);
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
  "document-versions": {
    words: [
      '{"format":1,"token":"a","savedAt":1,"data":{"a":1}}',
      '{"format":1,"savedAt":1,"ended":true}',
      '"format":1,',
      '"savedAt":',
      '"data":',
      '"ended":',
      ...json,
    ],
    check(text) {
      const version = parseVersion(1, text)?.toVersion({
        monotonic: 0,
        wall: 0,
      });
      if (!version) return;
      requirePlain(version.data);
      if (!Number.isFinite(version.savedAt)) throw new Error("No time");
      if (version.isTombstone && Object.keys(version.data).length > 0) {
        throw new Error("A tombstone with data");
      }
    },
  },
  forms: {
    words: [
      ..."& = + % %2 %0D%0A %0d %0a %41 %zz %C3%A9 %C3 %FF a é message key".split(
        " ",
      ),
      "\r\n",
    ],
    check(text) {
      const bytes = Buffer.from(text);
      const whole = formOf([bytes]);
      const pieces = Array.from(inPieces(bytes.toString("latin1")), (piece) =>
        Buffer.from(piece, "latin1"),
      );
      if (!isDeepStrictEqual(whole, formOf(pieces))) {
        throw new Error("The pieces make another form than the whole.");
      }
      if (whole && !isDeepStrictEqual(whole, usualFormOf(text))) {
        throw new Error("Another form than the usual parser's");
      }
    },
  },
  "json-bodies": {
    words: json,
    async check(text) {
      const request = Object.assign(Readable.from([Buffer.from(text)]), {
        headers: { "content-type": "application/json" },
      });
      try {
        requirePlain(await readBody(request as unknown as IncomingMessage));
      } catch (error) {
        if (!(error instanceof VisibleError)) throw error;
      }
    },
  },
  "idempotency-keys": {
    words: ["a", "-", "0", " ", "~", "é", "\x7f", "\n", "a".repeat(255)],
    check(text) {
      const made = messageKey(text, text);
      for (const key of [text, ...(made === undefined ? [] : [made])]) {
        const req = { headers: { "idempotency-key": key } } as never;
        const read = () => keyOf({ repeatable: "keyed" }, { req });
        // The keys of forms are always accepted.
        if (key === made) read();
        else expecting(VisibleError, read);
      }
      if (made !== undefined && made === messageKey(text, `${text} `)) {
        throw new Error("One key for two texts");
      }
    },
  },
  "accept-headers": {
    words:
      'text/html application/json */* * , ; ;q= 0 1 0.5 -1 1e9 br gzip identity / = " é'.split(
        " ",
      ),
    check(text) {
      const headers = { accept: text, "accept-encoding": text };
      const req = { headers, socket: {} } as IncomingMessage;
      const { request } = new Koa().createContext(req, {} as never);
      if (![false, "html"].includes(request.accepts("html"))) {
        throw new Error("Another type than those that were offered");
      }
      const encoding = request.acceptsEncodings("br", "gzip", "identity");
      if (![false, "br", "gzip", "identity"].includes(encoding)) {
        throw new Error("Another encoding than those that were offered");
      }
    },
  },
  "identity-tokens": {
    words: [
      ".",
      ...[
        { alg: "ES256", kid: "a", signer: LOAD_BALANCER, typ: "JWT" },
        { alg: "none", signer: LOAD_BALANCER },
        { alg: "HS256", kid: "../a", signer: LOAD_BALANCER },
        { signer: 1 },
        { sub: "a", iss: "https://a", client: "a", exp: 9_999_999_999 },
      ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")),
      Buffer.alloc(64).toString("base64url"),
      "a",
      "=",
      "é",
    ],
    async check(text) {
      try {
        await identity.personOf({ "x-amzn-oidc-data": text });
      } catch (error) {
        if (error instanceof NotSignedInError) return;
        if (error instanceof IdentityUnknownError) return;
        throw error;
      }
      throw new Error("A forged token names a person.");
    },
  },
  quantities: {
    words: "0 1 9 . m Ki Mi Gi Ti K e - + \n １ 100m 256Mi 1.5Gi".split(" "),
    check(text) {
      if (quantity.safeParse(text).success && !(sizeOf(text) >= 0)) {
        throw new Error("A size that is none");
      }
      if (cpu.safeParse(text).success && !/^[0-9]+m$/.test(text)) {
        throw new Error("A share of a processor that is none");
      }
    },
  },
  "session-cookie": {
    words: [
      "keepsake=",
      "keepsake.sig=",
      "a".repeat(32),
      ".t5xq3k",
      ";",
      " ",
      '"',
      "a",
      "=",
      "é",
      "\0",
    ],
    check(text) {
      const ctx = {
        secure: false,
        state: {},
        get: () => text,
      } as unknown as Context;
      const cookie = new SessionCookie(
        ctx,
        new CookieSignatures(new Keygrip(["a key"])),
      );
      if (cookie.named !== undefined) throw new Error("A forged cookie");
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

/** @returns `undefined` if the form is refused. */
function formOf(pieces: Buffer[]): [string, string][] | undefined {
  try {
    const parser = new FormParser();
    for (const piece of pieces) parser.write(piece);
    return [...parser.end()];
  } catch (error) {
    if (error instanceof VisibleError) return undefined;
    throw error;
  }
}

const withLineFeeds = (text: string) => text.replace(/\r\n?/g, "\n");

/** As the platform parses it, with the rules of {@link FormParser} for line breaks and repeated fields. */
function usualFormOf(text: string): [string, string][] {
  const form = new Map<string, string>();
  // Node decodes other characters in another way if an escape is broken.
  const ascii = Buffer.from(text)
    .toString()
    .replace(/\P{ASCII}+/gu, encodeURIComponent);
  for (const [name, value] of new URLSearchParams(`&${ascii}`)) {
    const [key, content] = [withLineFeeds(name), withLineFeeds(value)];
    if (key === "" && content === "") continue;
    if (content !== "" || !form.has(key)) form.set(key, content);
  }
  return [...form];
}

/** @throws Error if a key at any depth would change a prototype. */
function requirePlain(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if (Object.hasOwn(value, "__proto__")) throw new Error("A prototype");
  Object.values(value).forEach(requirePlain);
}

const UNITS = ["Ki", "Mi", "Gi", "Ti"];

function sizeOf(text: string): number {
  const exponent = 1 + UNITS.indexOf(text.slice(-2));
  return exponent > 0 ? Number(text.slice(0, -2)) * 1024 ** exponent : NaN;
}

/** A body in pieces, which also cut characters. */
async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  const step = 1 + (bytes.length % 7);
  for (let at = 0; at < bytes.length; at += step) {
    yield bytes.subarray(at, at + step);
  }
}

type ErrorClass = new (...args: never[]) => Error;

const NO_INTERVAL = { ms: 0 };

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
