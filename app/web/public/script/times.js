import { t } from "./text.js";

/** Made when a page first has a time: the first of them loads tables for 12 ms. */
const formats = () => (made ??= makeFormats());

/** @type {ReturnType<typeof makeFormats> | undefined} */
let made;

const makeFormats = () => ({
  clock: new Intl.DateTimeFormat(document.documentElement.lang, {
    timeStyle: "short",
  }),
  date: new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "short",
  }),
});

/** Replaces the server's times, in UTC, by those of the reader: with a date unless it is today's. */
export function showLocalTimes() {
  const today = new Date().toDateString();
  for (const time of document.querySelectorAll("time")) {
    if (!time.dateTime) continue;
    const { clock, date } = formats();
    const at = new Date(time.dateTime);
    const isToday = at.toDateString() === today;
    time.textContent = (isToday ? clock : date).format(at);
    const { tokens } = time.dataset;
    time.title =
      date.format(at) +
      (tokens ? ` · ${t("message.tokens", { count: Number(tokens) })}` : "");
  }
}
