import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "../../../../app/preflight/message-of";
import { HttpVisitor } from "../../../support/http-visitor";
import { eventually, kubectl, podsOf, settings } from "./cluster";

const INTERVAL_MS = 100;
/**
 * Covers a failed dial and its retry on a busy machine; Traefik's default dial time-out is 30 s.
 */
const MAX_MS = 5_000;
const KILLS = settings.short ? 3 : 8;

interface Page {
  status: string;
  ms: number;
}

async function timed(visitor: HttpVisitor): Promise<Page> {
  const start = performance.now();
  const status = await visitor
    .get("/")
    .then(async (answer) => {
      await answer.text();
      return String(answer.status);
    })
    .catch(messageOf);
  return { status, ms: performance.now() - start };
}

/** Requests a page on schedule, without waiting for earlier responses, until the signal aborts. */
async function requestPages(signal: AbortSignal): Promise<Page[]> {
  const visitors = Array.from(
    { length: 6 },
    () => new HttpVisitor(settings.url),
  );
  const pages: Promise<Page>[] = [];
  while (!signal.aborted) {
    pages.push(timed(visitors[pages.length % visitors.length]!));
    await wait(INTERVAL_MS);
  }
  return Promise.all(pages);
}

const readyPods = async () =>
  (await podsOf("web")).filter(({ ready, ending }) => ready && !ending);

/** The test of killed pods, through an Ingress or a Gateway. */
export function testKilledPods(): void {
  it("every page is answered in time while web pods are killed one after another", async () => {
    const replicas = (await readyPods()).length;
    const controller = new AbortController();
    const requesting = requestPages(controller.signal);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const [oldest] = await readyPods();
      await kubectl(
        "delete",
        "pod",
        oldest!.name,
        "--force",
        "--grace-period=0",
      );
      await eventually(
        "all web pods are ready again",
        async () => (await readyPods()).length >= replicas,
      );
      await wait(2_000);
    }
    controller.abort();
    const pages = await requesting;
    const slowest = Math.max(...pages.map(({ ms }) => ms));
    console.error(
      `${pages.length} pages, the slowest took ${Math.round(slowest)} ms`,
    );
    expect(pages.filter(({ status }) => status !== "200")).toEqual([]);
    expect(pages.filter(({ ms }) => ms > MAX_MS)).toEqual([]);
  });
}
