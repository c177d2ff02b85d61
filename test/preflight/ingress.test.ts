import type { IncomingMessage, ServerResponse } from "node:http";
import { buffering } from "../../app/preflight/checks/buffering";
import { idleTimeout } from "../../app/preflight/checks/idle-timeout";
import { stickiness } from "../../app/preflight/checks/stickiness";
import { expectEventually } from "../support/wait-for";
import { closeAll, proxy, run, serve, webPod } from "./support";

afterEach(closeAll);

const twoPods = () => Promise.all([webPod("web-1"), webPod("web-2")]);

describe("the stickiness check", () => {
  it("the stickiness check passes where the proxy's cookie keeps a visitor on a pod", async () => {
    const url = await proxy(await twoPods(), { sticky: true });
    expect(await run(stickiness, { PUBLIC_URL: url })).toEqual([
      {
        status: "ok",
        seen: "20 visitors reached 2 pods; a visitor with cookies stayed on one.",
      },
    ]);
  });

  it("the stickiness check asks below the path of the address", async () => {
    const pod = await webPod("web-1");
    const answerTo = async (
      request: IncomingMessage,
      response: ServerResponse,
    ) => {
      if (!request.url?.startsWith("/chat/preflight")) {
        response.writeHead(404).end();
        return;
      }
      const { authorization } = request.headers;
      const answer = await fetch(pod + request.url.slice("/chat".length), {
        headers: { authorization: authorization ?? "" },
      });
      response.writeHead(answer.status).end(await answer.text());
    };
    const url = await serve((...pair) => void answerTo(...pair));
    for (const at of [`${url}/chat`, `${url}/chat/`]) {
      const [outcome] = await run(stickiness, { PUBLIC_URL: at });
      expect(outcome?.seen).toContain("One pod served all");
    }
    const [outcome] = await run(stickiness, { PUBLIC_URL: url });
    expect(outcome?.todo).toContain("BASE_PATH");
  });

  it("the stickiness check fails for a round-robin proxy", async () => {
    const url = await proxy(await twoPods());
    const [outcome] = await run(stickiness, { PUBLIC_URL: url });
    expect(outcome?.status).toBe("warning");
    expect(outcome?.seen).toContain("reached 2 pods");
    expect(outcome?.todo).toContain("lb_cookie");
  });

  it("the stickiness check needs more than one pod, and says so", async () => {
    const url = await proxy([await webPod("web-1")]);
    const [outcome] = await run(stickiness, { PUBLIC_URL: url });
    expect(outcome?.status).toBe("skipped");
    expect(outcome?.seen).toContain("two web pods");
  });
});

describe("the buffering check", () => {
  it("the buffering check passes for a proxy that forwards at once", async () => {
    const url = await proxy([await webPod("web-1")]);
    // A proxy on a machine that is busy for a second looks like a buffering one.
    await expectEventually(async () => {
      const [outcome] = await run(buffering, { PUBLIC_URL: url });
      expect(outcome?.status).toBe("ok");
    });
  });

  it("the buffering check fails for a proxy that buffers the response", async () => {
    const url = await proxy([await webPod("web-1")], { buffers: true });
    const [outcome] = await run(buffering, { PUBLIC_URL: url });
    expect(outcome?.status).toBe("failure");
    expect(outcome?.todo).toContain("proxy_buffering off");
  });
});

describe("the idle time-out check", () => {
  it("the idle time-out check passes for a proxy that waits longer than a heartbeat", async () => {
    const url = await proxy([await webPod("web-1", 1)], { idleMs: 10_000 });
    const [outcome] = await run(idleTimeout, { PUBLIC_URL: url });
    expect(outcome?.status).toBe("ok");
  });

  it("the idle time-out check fails for a proxy that cuts a stream between two heartbeats", async () => {
    const url = await proxy([await webPod("web-1", 4)], { idleMs: 1_000 });
    const [outcome] = await run(idleTimeout, { PUBLIC_URL: url });
    expect(outcome?.status).toBe("failure");
    expect(outcome?.seen).toContain("heartbeats are sent every 4 s");
  });
});

describe("obstacles to the ingress checks", () => {
  it("the ingress checks report a missing address", async () => {
    expect(await run(stickiness)).toEqual([
      {
        status: "skipped",
        seen: "The ingress's URL is unknown, or localhost. Give --url.",
      },
    ]);
  });

  it("the ingress checks report a sign-in page, with the remedy", async () => {
    const url = await serve((_, response) => {
      response.writeHead(302, { location: "https://sign-in.example/" }).end();
    });
    const [outcome] = await run(stickiness, { PUBLIC_URL: url });
    expect(outcome?.seen).toContain("https://sign-in.example/");
    expect(outcome?.todo).toContain("--header 'cookie: …'");
  });

  it("the ingress checks report another app, or a wrong token", async () => {
    const url = await proxy([await webPod("web-1")]);
    const [outcome] = await run(buffering, {
      PUBLIC_URL: url,
      INTERNAL_TOKEN: "not-the-token-of-web-0123456789abcdef",
    });
    expect(outcome?.status).toBe("failure");
    expect(outcome?.todo).toContain("INTERNAL_TOKEN is theirs");
  });

  it("the ingress checks report an address that does not answer", async () => {
    const url = await serve(() => {});
    await closeAll();
    const [outcome] = await run(stickiness, { PUBLIC_URL: url });
    expect(outcome?.status).toBe("failure");
    expect(outcome?.seen).toContain("ECONNREFUSED");
  });
});
