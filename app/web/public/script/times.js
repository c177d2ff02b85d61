const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

/** Replaces the server's times, in UTC, by those of the reader. */
export function showLocalTimes() {
  for (const time of document.querySelectorAll("time")) {
    if (!time.dateTime) continue;
    const at = new Date(time.dateTime);
    time.textContent = clock.format(at);
    time.title = at.toLocaleString();
  }
}
