import { VisibleError } from "../../core/domain/errors";
import { idPattern, limits } from "../../core/domain/records";
import { sentence } from "../../core/texts/catalogue";
import type { SearchQuery } from "../backend-client/api";
import type { WebContext } from "../middleware/web-context";
import { type Zone, zoneOf } from "./zone";

/** A search as its address has it: the fields of the form. */
export interface SearchForm {
  q: string;
  titles?: "only" | undefined;
  project?: string | undefined;
  /** Days of the visitor's time zone, such as `2026-01-31`; the last one counts, too. */
  from?: string | undefined;
  to?: string | undefined;
  archived?: "only" | "without" | undefined;
}

/** @throws VisibleError (400) for a query that is too long, or a day that does not exist. */
export function readSearch({ query }: Pick<WebContext, "query">): SearchForm {
  const q = String(query.q ?? "").trim();
  if (q.length > limits.queryLength) {
    throw new VisibleError(
      400,
      sentence("problem.searchLength", { limit: limits.queryLength }),
    );
  }
  const project = String(query.project);
  const { archived } = query;
  return {
    q,
    titles: query.titles === "only" ? "only" : undefined,
    project: idPattern.test(project) ? project : undefined,
    from: dayIn(query.from),
    to: dayIn(query.to),
    archived:
      archived === "only" || archived === "without" ? archived : undefined,
  };
}

function dayIn(value: string | string[] | undefined): string | undefined {
  if (value === undefined || value === "") return undefined;
  const day = String(value);
  const ms = /^(?:19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$/.test(day)
    ? Date.parse(day)
    : NaN;
  // JavaScript takes February 30 for March 2.
  if (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day)) {
    return day;
  }
  throw new VisibleError(400, sentence("search.badDay"));
}

/** True if more than words was asked for. */
export const hasFilters = (form: SearchForm): boolean =>
  Object.entries(form).some(
    ([name, value]) => name !== "q" && value !== undefined,
  );

/** The search as the backend knows it, with times in place of days. */
export function toSearchQuery(form: SearchForm, zone: Zone): SearchQuery {
  const { q, titles, project, archived, from, to } = form;
  const startOf = (day: string, after = 0) =>
    new Date(zone.startOfDate(day, after)).toISOString();
  return {
    q,
    ...(titles && { titles }),
    ...(project && { project }),
    ...(archived && { archived }),
    ...(from && { from: startOf(from) }),
    ...(to && { until: startOf(to, 1) }),
  };
}

/** The data of `search-form.njk`. */
export const viewFilters = (ctx: WebContext, form: SearchForm): object => ({
  ...form,
  isOpen: hasFilters(form),
  isUtc: zoneOf(ctx.state.zone) === zoneOf(undefined),
});
