import type { IncomingMessage } from "node:http";
import { isIP, isIPv4, isIPv6 } from "node:net";
import type { WebMiddleware } from "./web-context";

/**
 * Sets the client's address (`ctx.ip`), and its network, by which limits count.
 *
 * @param trustedProxies Each of them appends the address of its own client to `X-Forwarded-For`. What
 *   is further left comes from the client, who may write anything there.
 */
export function identifyClient(trustedProxies: number): WebMiddleware {
  return async (ctx, next) => {
    ctx.request.ip = clientAddress(ctx.req, trustedProxies);
    ctx.state.network = networkOf(ctx.request.ip);
    await next();
  };
}

export function clientAddress(
  { headers, socket }: Pick<IncomingMessage, "headers" | "socket">,
  trustedProxies: number,
): string {
  const peer = socket.remoteAddress ?? "";
  if (trustedProxies === 0) return withoutPort(peer) ?? peer;
  const forwarded = String(headers["x-forwarded-for"] ?? "").split(",");
  // A request that passed fewer proxies has fewer addresses: the first is its client's.
  const named = forwarded.at(-trustedProxies) ?? forwarded[0] ?? "";
  return withoutPort(named.trim()) ?? peer;
}

/** The address alone; `undefined` if there is none. Some load balancers add the client's port. */
function withoutPort(text: string): string | undefined {
  const [, bracketed, plain] =
    /^(?:\[([^\]]{1,45})\]|(\d[\d.]{1,14}))(?::\d{1,5})?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  if (isIP(address) === 0) return undefined;
  return /^::ffff:(\d.*)$/i.exec(address)?.[1] ?? address;
}

/** The /64 of an IPv6 address, since a single client has all of it; an IPv4 address itself. */
export function networkOf(address: string): string {
  if (isIPv4(address) || !isIPv6(address)) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const before = groupsOf(head);
  const after = groupsOf(tail ?? "");
  const zeros = Array.from(
    { length: 8 - before.length - after.length },
    () => "0",
  );
  const groups = tail === undefined ? before : [...before, ...zeros, ...after];
  const prefix = groups.slice(0, 4).map((group) => Number.parseInt(group, 16));
  return `${prefix.map((group) => group.toString(16)).join(":")}::/64`;
}

const groupsOf = (text: string) => (text === "" ? [] : text.split(":"));
