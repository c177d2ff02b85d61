import { Session } from "node:inspector/promises";

/** Tells by V8's coverage which parts of the program an input was the first to run. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.startPreciseCoverage", {
      // Without counts, V8 reports only what has changed.
      callCount: false,
      detailed: true,
    });
  }

  /** True if something ran since the last call that never ran before. */
  async hasNew(): Promise<boolean> {
    const before = this.#seen.size;
    const { result } = await this.#session.post("Profiler.takePreciseCoverage");
    for (const { url, functions } of result) {
      if (
        !/\/app\/|\/k8s\/schema\/|markdown-it|linkify|eventsource|accepts|negotiator|aws-jwt-verify/.test(
          url,
        )
      )
        continue;
      for (const { startOffset, endOffset, count } of functions.flatMap(
        ({ ranges }) => ranges,
      )) {
        if (count > 0) this.#seen.add(`${url} ${startOffset} ${endOffset}`);
      }
    }
    return this.#seen.size > before;
  }
}
