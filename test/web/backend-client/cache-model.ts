import { Registry } from "prom-client";
import type { JsonObject } from "../../../app/core/storage/json";
import type { ApiContext } from "../../../app/web/backend-client/api";
import { ChangeCounts } from "../../../app/web/backend-client/change-counts";
import { RecordCache } from "../../../app/web/backend-client/record-cache";
import type {
  Change,
  Kind,
  Relations,
} from "../../../app/web/backend-client/relations";
import { mergeChanges } from "../../../app/web/sessions/merge-changes";
import { alter, firstWorld, render, type World } from "./cache-world";

/*
 * A model of several pods, each with its own cache; several sessions, two of the same owner; and a
 * backend that is only a history. Requests overlap in every way. Each first reads its session, and its
 * changes become visible to other requests when the session is saved.
 */

export const PODS = 3;
export const OWNERS = ["ada", "ada", "grace"];
export const MAX_AGE_MS = 1_000;

export type Step =
  | { kind: "begin"; slot: number; session: number; pod: number }
  | { kind: "read"; slot: number; record: Kind; id: number; isSlow: boolean }
  | { kind: "change"; slot: number; what: Change; id: number; to: number }
  | { kind: "land" }
  | { kind: "save"; slot: number }
  | { kind: "wait"; ms: number };

interface Request {
  versions: Record<string, number>;
  session: number;
  owner: string;
  pod: number;
  base: JsonObject;
  context: ApiContext;
  /** Numbers of the changes that this request must see. */
  sees: number[];
  /** Numbers of the changes that this request made. */
  made: number[];
}

interface Session {
  values: JsonObject;
  /** Numbers of the acknowledged changes. */
  acknowledged: number[];
}

/** All states of an owner's records, with their times. */
interface History {
  worlds: World[];
  times: number[];
}

/** Changes are counted in sessions alone; `api.test.ts` has the mark of a browser. */
const NO_MARK = { value: "", renew: () => undefined };

export class CacheModel {
  private now = 0;
  private readonly histories = new Map<string, History>();
  private readonly pods: RecordCache[];
  private readonly sessions: Session[];
  private readonly requests = new Map<number, Request>();
  private slow: (() => void)[] = [];
  private readonly reads: Promise<void>[] = [];

  constructor(private readonly relations: Relations) {
    this.pods = Array.from({ length: PODS }, () => this.pod());
    this.sessions = OWNERS.map(() => ({ values: {}, acknowledged: [] }));
    for (const owner of OWNERS) {
      this.histories.set(owner, { worlds: [firstWorld()], times: [0] });
    }
  }

  /** @throws Error about the first answer that is too old. */
  async run(steps: Step[]): Promise<void> {
    for (const step of steps) {
      await this.take(step);
      this.now += 1;
    }
    this.land();
    await Promise.all(this.reads);
  }

  private pod(): RecordCache {
    return new RecordCache({
      metrics: new Registry(),
      maxAgeMs: MAX_AGE_MS,
      maxBytes: 1_000_000,
      now: () => this.now,
    });
  }

  private async take(step: Step): Promise<void> {
    if (step.kind === "wait") this.now += step.ms;
    else if (step.kind === "land") this.land();
    else if (step.kind === "begin") this.begin(step);
    else {
      const request = this.requests.get(step.slot);
      if (!request) return;
      if (step.kind === "change") this.change(request, step);
      else if (step.kind === "save") this.save(step.slot, request);
      else await this.read(request, step);
    }
  }

  private begin({ slot, session, pod }: Step & { kind: "begin" }): void {
    const { values, acknowledged } = this.sessions[session]!;
    const versions = structuredClone(values.versions ?? {}) as Record<
      string,
      number
    >;
    const owner = OWNERS[session]!;
    this.requests.set(slot, {
      session,
      owner,
      pod,
      base: structuredClone(values),
      versions,
      context: {
        owner,
        requestId: "test",
        trace: { traceparent: "" },
        changes: new ChangeCounts(() => versions, NO_MARK),
        calls: [],
      },
      sees: [...acknowledged],
      made: [],
    });
  }

  private change(
    request: Request,
    { what, id, to }: Step & { kind: "change" },
  ): void {
    const { worlds, times } = this.histories.get(request.owner)!;
    const world = structuredClone(worlds.at(-1)!);
    alter(world, what, id, to);
    worlds.push(world);
    times.push(this.now);
    request.context.changes.add(this.relations[what]);
    request.made.push(worlds.length - 1);
    request.sees.push(worlds.length - 1);
  }

  private save(slot: number, request: Request): void {
    this.requests.delete(slot);
    const session = this.sessions[request.session]!;
    const { versions } = request;
    session.values = mergeChanges(
      request.base,
      { ...request.base, versions },
      session.values,
    );
    session.acknowledged.push(...request.made);
  }

  private async read(
    { pod, owner, sees, context }: Request,
    { record, id, isSlow }: Step & { kind: "read" },
  ): Promise<void> {
    const { worlds, times } = this.histories.get(owner)!;
    const bound = this.now - MAX_AGE_MS;
    const show = (world: World) => `${owner}: ${render(world, record, id)}`;
    // Changes that do not affect this record are ignored.
    const shown = sees.filter(
      (number) => show(worlds[number]!) !== show(worlds[number - 1]!),
    );
    const oldest = Math.max(
      0,
      ...shown,
      times.findLastIndex((at) => at <= bound),
    );
    const reading = this.pods[pod]!.read(context, {
      key: `${record} ${id}`,
      kinds: [record],
      load: async () => {
        const value = show(worlds.at(-1)!);
        if (isSlow) await new Promise<void>((land) => this.slow.push(land));
        return { value, bytes: value.length };
      },
    });
    const checked = reading.then(({ value }) => {
      const allowed = worlds.slice(oldest).map(show);
      if (allowed.includes(value)) return;
      throw new Error(`${record}: ${value} is none of ${allowed.join()}`);
    });
    // Prevents an unhandled rejection if it fails before its turn.
    checked.catch(() => undefined);
    this.reads.push(checked);
    // Other requests may wait for a pending read.
    if (this.slow.length === 0) await checked;
  }

  private land(): void {
    const { slow } = this;
    this.slow = [];
    for (const land of slow) land();
  }
}
