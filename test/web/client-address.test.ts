import type { IncomingMessage } from "node:http";
import {
  clientAddress,
  networkOf,
} from "../../app/web/middleware/client-address";

const from = (header: string | undefined, peer = "10.0.0.1") =>
  ({
    headers: header === undefined ? {} : { "x-forwarded-for": header },
    socket: { remoteAddress: peer },
  }) as unknown as Pick<IncomingMessage, "headers" | "socket">;

it.each<[number, string | undefined, string]>([
  [0, undefined, "10.0.0.1"],
  [0, "203.0.113.9", "10.0.0.1"],
  [1, undefined, "10.0.0.1"],
  [1, "203.0.113.9", "203.0.113.9"],
  [1, "1.1.1.1, 203.0.113.9", "203.0.113.9"],
  [2, "1.1.1.1, 203.0.113.9, 198.51.100.7", "203.0.113.9"],
  [2, "203.0.113.9", "203.0.113.9"],
  [1, "203.0.113.9:41000", "203.0.113.9"],
  [1, "[2001:db8::9]:41000", "2001:db8::9"],
  [1, "2001:db8::9", "2001:db8::9"],
  [1, "::ffff:203.0.113.9", "203.0.113.9"],
  [1, "unknown", "10.0.0.1"],
  [1, "", "10.0.0.1"],
])("behind %d proxies, %j comes from %s", (proxies, header, address) => {
  expect(clientAddress(from(header), proxies)).toBe(address);
});

it("reads an IPv4 address that a dual-stack socket wraps", () => {
  expect(clientAddress(from(undefined, "::ffff:192.0.2.1"), 0)).toBe(
    "192.0.2.1",
  );
});

it.each([
  ["203.0.113.9", "203.0.113.9"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:1:2::1", "2001:db8:1:2::/64"],
  ["2001:db8::", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
])("counts %s as %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
