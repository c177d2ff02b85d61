import { buffering } from "../../app/preflight/checks/buffering";
import { idleTimeout } from "../../app/preflight/checks/idle-timeout";
import { stickiness } from "../../app/preflight/checks/stickiness";
import { expectEventually } from "../support/wait-for";
import { closeAll, proxy, run, serve, webPod } from "./support";

afterEach(closeAll);

const twoPods = () => Promise.all([webPod("web-1"), webPod("web-2")]);

describe("stickiness", () => {
  it("is found where the proxy's cookie holds a visitor on a pod", async () => {
    const url = await proxy(await twoPods(), { sticky: true });
    expect(await run(stickiness, { PUBLIC_URL: url })).toEqual([
      {
        status: "ok",
        seen: "20 visitors reached 2 pods; a visitor with cookies stayed on one.",
      },
    ]);
  });

  it("is missed where the proxy goes round", async () => {
    const url = await proxy(await twoPods());
    const [outcome] = await run(stickiness, { PUBLIC_URL: url });
    expect(outcome?.status).toBe("warning");
    expect(outcome?.seen).toContain("reached 2 pods");
    expect(outcome?.todo).toContain("lb_cookie");
  });

  it("can't be seen with one pod, and says so", async () => {
    const url = await proxy([await webPod("web-1")]);
    const [outcome] = await run(stickiness, { PUBLIC_URL: url });
    expect(outcome?.status).toBe("skipped");
    expect(outcome?.seen).toContain("two web pods");
  });
});

describe("buffering", () => {
  it("passes a proxy that sends on at once", async () => {
    const url = await proxy([await webPod("web-1")]);
    // A machine that is too busy for a second holds back, too.
    await expectEventually(async () => {
      const [outcome] = await run(buffering, { PUBLIC_URL: url });
      expect(outcome?.status).toBe("ok");
    });
  });

  it("finds a proxy that holds the answer back", async () => {
    const url = await proxy([await webPod("web-1")], { buffers: true });
    const [outcome] = await run(buffering, { PUBLIC_URL: url });
    expect(outcome?.status).toBe("failure");
    expect(outcome?.todo).toContain("proxy_buffering off");
  });
});

describe("idle time-out", () => {
  it("passes a proxy that waits longer than a heartbeat", async () => {
    const url = await proxy([await webPod("web-1", 1)], { idleMs: 10_000 });
    const [outcome] = await run(idleTimeout, { PUBLIC_URL: url });
    expect(outcome?.status).toBe("ok");
  });

  it("finds a proxy that cuts a stream between two heartbeats", async () => {
    const url = await proxy([await webPod("web-1", 4)], { idleMs: 1_000 });
    const [outcome] = await run(idleTimeout, { PUBLIC_URL: url });
    expect(outcome?.status).toBe("failure");
    expect(outcome?.seen).toContain("heartbeats are sent every 4 s");
  });
});

describe("what stands in the way of a look through the ingress", () => {
  it("is the missing address", async () => {
    expect(await run(stickiness)).toEqual([
      {
        status: "skipped",
        seen: "The ingress's URL is unknown. Set --url.",
      },
    ]);
  });

  it("is a sign-in page, with what to give", async () => {
    const url = await serve((_, response) => {
      response.writeHead(302, { location: "https://sign-in.example/" }).end();
    });
    const [outcome] = await run(stickiness, { PUBLIC_URL: url });
    expect(outcome?.seen).toContain("https://sign-in.example/");
    expect(outcome?.todo).toContain("--header 'cookie: …'");
  });

  it("is another app, or another token", async () => {
    const url = await proxy([await webPod("web-1")]);
    const [outcome] = await run(buffering, {
      PUBLIC_URL: url,
      INTERNAL_TOKEN: "not-the-token-of-web",
    });
    expect(outcome?.status).toBe("failure");
    expect(outcome?.todo).toContain("INTERNAL_TOKEN is theirs");
  });

  it("is an address where nothing answers", async () => {
    const url = await serve(() => {});
    await closeAll();
    const [outcome] = await run(stickiness, { PUBLIC_URL: url });
    expect(outcome?.status).toBe("failure");
    expect(outcome?.seen).toContain("ECONNREFUSED");
  });
});
