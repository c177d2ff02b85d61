import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePorts } from "../../../scripts/local/free-ports";
import { type ClusterIp, startClusterIp } from "../../support/cluster-ip";
import { HttpVisitor } from "../../support/http-visitor";
import { keepProbing, Member } from "../../../scripts/stress/replies/cluster";
import { waitFor } from "../../support/wait-for";

/*
 * Web and three backends as processes, with one address for the backends, as in a cluster. Pages
 * and forms are requested all the time, each once.
 */

const VISITORS = 4;

let directory: string;
let service: ClusterIp;
let web: Member;
let backends: Member[];
let stopAsking: () => Promise<void>;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "backends-"));
  service = await startClusterIp([]);
  const [webPort = 0, ...ports] = await freePorts(4);
  const env = {
    SECRETS_DIRECTORY: path.join(directory, "secrets"),
    DRAIN_SECONDS: "3",
    STORAGE_TIMEOUT_SECONDS: "60",
    LEASE_SECONDS: "1",
    ELIZA_DELAY_MS: "0",
    REPLIES_PER_OWNER: "50",
  };
  web = new Member("web", "web", webPort, {
    ...env,
    SESSION_DIRECTORY: path.join(directory, "sessions"),
    BACKEND_URL: service.url,
  });
  backends = ports.map(
    (port, index) =>
      new Member(`backend-${index + 1}`, "backend", port, {
        ...env,
        DATA_DIRECTORY: path.join(directory, "records"),
        ADVERTISED_URL: `http://127.0.0.1:${port}`,
      }),
  );
  for (const member of [web, ...backends]) member.start();
  await Promise.all([web, ...backends].map((member) => member.whenReady()));
  balance();
  stopAsking = keepProbing(backends, balance);
});

afterAll(async () => {
  const stopped = stopAsking();
  for (const member of [web, ...backends]) member.kill("SIGKILL");
  await Promise.all([web, ...backends].map((member) => member.exited()));
  await stopped;
  await service.close();
  await rm(directory, { recursive: true, force: true });
});

/** New connections go to ready backends, a moment after they become ready. */
function balance(): void {
  const ready = backends.filter(({ wasReady }) => wasReady);
  service.endpoints = ready.map(({ url }) => url);
}

/** Visitors who open pages and send forms without pause; failures are collected. */
function load() {
  const over = new AbortController();
  const failed: string[] = [];
  const answered = { count: 0 };
  const expectStatus = (answer: Response, status: number, what: string) => {
    answered.count += 1;
    if (answer.status !== status) failed.push(`${what}: ${answer.status}`);
  };
  const visit = async (name: string) => {
    const visitor = new HttpVisitor(web.url);
    visitor.cookies.set("script", "on");
    for (let turn = 0; !over.signal.aborted; turn++) {
      const made = await visitor.post("/conversations", {
        message: `${name} ${turn}`,
      });
      expectStatus(made, 303, "form");
      await made.arrayBuffer();
      const [address = "/"] = (made.headers.get("location") ?? "/").split("#");
      for (const page of ["/", address, `/search?q=${turn}`]) {
        const answer = await visitor.get(page);
        expectStatus(answer, 200, page);
        await answer.arrayBuffer();
      }
    }
  };
  const visitors = Array.from({ length: VISITORS }, (_, index) =>
    visit(`Visitor ${index}`),
  );
  return {
    /** Resolves after this many more successful pages and forms. */
    more: async (count: number) => {
      const enough = answered.count + count;
      await waitFor(() => answered.count >= enough);
    },
    stop: async () => {
      over.abort();
      await Promise.all(visitors);
      return failed;
    },
  };
}

test.each(["SIGKILL", "SIGTERM"] as const)(
  "a %s of one of three backends under load fails no page and no form",
  async (signal) => {
    const visitors = load();
    await visitors.more(100);
    const [, victim] = backends as [Member, Member];
    victim.kill(signal);
    await victim.exited();
    await visitors.more(100);
    victim.start();
    await victim.whenReady();
    await visitors.more(100);
    expect(await visitors.stop()).toEqual([]);
  },
);
