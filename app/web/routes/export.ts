import { Readable } from "node:stream";
import { Counter } from "prom-client";
import { VisibleError } from "../../core/domain/errors";
import { idPattern, limits } from "../../core/domain/records";
import type { Registry } from "../../core/runtime/metrics";
import { sentence } from "../../core/texts/catalogue";
import type { Locale } from "../../core/texts/locale";
import type { WebContext } from "../middleware/web-context";
import type { ExportSource } from "../pages/exports/conversations";
import { exportHtml } from "../pages/exports/export-html";
import { exportJson } from "../pages/exports/export-json";
import { exportMarkdown } from "../pages/exports/export-markdown";
import { exportName } from "../pages/exports/export-name";
import type { RouteDeps } from "../pages/page-deps";

interface Format {
  extension: string;
  type: string;
  write(
    this: void,
    source: ExportSource,
    deps: RouteDeps,
    about: { title: string; at: Date; locale: Locale },
  ): AsyncGenerator<string, void>;
}

/** By the value of the field `format`. */
const formats: Readonly<Record<string, Format>> = {
  json: {
    extension: "json",
    type: "application/json",
    write: (source, _, { at }) => exportJson(source, at),
  },
  markdown: {
    extension: "md",
    type: "text/markdown; charset=utf-8",
    write: (source, _, { locale }) => exportMarkdown(source, locale),
  },
  html: {
    extension: "html",
    type: "text/html; charset=utf-8",
    write: (source, deps, about) => exportHtml(source, deps, about),
  },
};

export type Downloads = Counter<"outcome">;

export const countDownloads = (metrics: Registry): Downloads =>
  new Counter({
    name: "keepsake_data_downloads_total",
    help: "Exports of conversations, by outcome: complete or broken off.",
    labelNames: ["outcome"],
    registers: [metrics],
  });

/**
 * Answers the form of an export: `format` is `json` (by default), `markdown` or `html`, and a field
 * `c-ID` chooses a conversation. Without such a field, all are exported, unless `back` says that a list was sent.
 *
 * @throws VisibleError 400 for an unknown format, none or too many conversations, 404 if the only one does not exist.
 */
export async function sendExport(
  ctx: WebContext,
  deps: RouteDeps,
  downloads: Downloads,
): Promise<void> {
  const { api, now } = deps;
  const format = formatOf(ctx);
  const ids = chosenIn(ctx);
  const at = new Date(now());
  const title = await titleOf(ctx, deps, ids, at);
  const { api: context, base } = ctx.state;
  const source = { api, context, ids, base };
  const pieces = format.write(source, deps, {
    title,
    at,
    locale: ctx.state.locale,
  });
  // Read before the answer begins, so that a backend that can't be reached is told by a page.
  const first = await pieces.next();
  ctx.attachment(exportName(title, format.extension));
  ctx.type = format.type;
  ctx.set("cache-control", "no-store");
  ctx.body = Readable.from(
    counted(first.value ?? "", pieces, (outcome) => downloads.inc({ outcome })),
    { objectMode: false },
  );
}

function formatOf({ query }: WebContext): Format {
  const name = String(query.format ?? "json");
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (format) return format;
  throw new VisibleError(400, sentence("problem.exportFormat"));
}

/** The chosen conversations; `undefined` for all. */
function chosenIn({ query }: WebContext): string[] | undefined {
  const chosen = Object.keys(query).filter((name) => name.startsWith("c-"));
  const ids = chosen
    .map((name) => name.slice(2))
    .filter((id) => idPattern.test(id));
  const isChoice = chosen.length > 0 || query.back !== undefined;
  // A choice of none must not become an export of everything.
  if (isChoice && ids.length === 0) {
    throw new VisibleError(400, sentence("problem.noSelection"));
  }
  if (ids.length > limits.selection) {
    throw new VisibleError(
      400,
      sentence("problem.exportSelection", { limit: limits.selection }),
    );
  }
  return ids.length > 0 ? ids : undefined;
}

async function titleOf(
  ctx: WebContext,
  { api }: RouteDeps,
  ids: readonly string[] | undefined,
  at: Date,
): Promise<string> {
  const [only, another] = ids ?? [];
  if (only === undefined || another !== undefined) {
    return `keepsake-${at.toISOString().slice(0, 10)}`;
  }
  const { conversation } = await api.readConversation(ctx.state.api, only, {
    limit: 1,
  });
  return conversation.title;
}

async function* counted(
  first: string,
  rest: AsyncIterable<string>,
  onEnd: (outcome: string) => void,
): AsyncGenerator<string, void> {
  let outcome = "broken off";
  try {
    yield first;
    yield* rest;
    outcome = "complete";
  } finally {
    onEnd(outcome);
  }
}
