import { once } from "node:events";
import {
  createServer,
  request as forward,
  type RequestListener,
} from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A proxy like a load balancer that signs visitors in: it redirects every request of an anonymous
 * visitor to another origin, which redirects back. Checks no token and sends no identity: see
 * `signing-load-balancer.ts`.
 */
export async function startSignInGate(target: string) {
  const gate = { isSignedIn: true, url: "", close };
  const provider = await listen((asked, answer) => {
    gate.isSignedIn = true;
    const back = new URL(asked.url ?? "", provider.url).searchParams.get("to");
    answer.writeHead(302, { location: gate.url + back }).end();
  });
  const front = await listen((asked, answer) => {
    const { method, headers, url = "/" } = asked;
    if (!gate.isSignedIn) {
      const to = `${provider.url}/?to=${encodeURIComponent(url)}`;
      answer.writeHead(302, { location: to }).end();
      return;
    }
    const onward = forward(target + url, { method, headers });
    onward.once("response", (from) => {
      answer.writeHead(from.statusCode ?? 500, from.headers);
      from.pipe(answer);
    });
    onward.once("error", () => answer.destroy());
    answer.once("close", () => onward.destroy());
    asked.pipe(onward);
  });
  gate.url = front.url;
  return gate;

  function close(): void {
    front.close();
    provider.close();
  }
}

async function listen(listener: RequestListener) {
  const server = createServer(listener);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
