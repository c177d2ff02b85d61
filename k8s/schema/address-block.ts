import { BlockList, isIPv4 } from "node:net";

/**
 * The network of an address block, in the form that the API server accepts: all bits beyond the prefix
 * are 0. `10.42.0.7/24` becomes `10.42.0.0/24`.
 *
 * @param block A valid IPv4 or IPv6 block.
 */
export function networkOf(block: string): string {
  const [address = "", prefix = ""] = block.split("/");
  const isV4 = isIPv4(address);
  const [bits, size] = isV4 ? [32n, 8n] : [128n, 16n];
  const hostBits = bits - BigInt(prefix);
  const network = ((numberOf(address) >> hostBits) << hostBits).toString(2);
  const groups = network
    .padStart(Number(bits), "0")
    .match(new RegExp(`.{${size}}`, "g"))!
    .map((group) => Number.parseInt(group, 2));
  const written = isV4
    ? groups.join(".")
    : compressed(groups.map((group) => group.toString(16)).join(":"));
  return `${written}/${prefix}`;
}

/** True if no bit beyond the prefix is set. Compares numbers, since IPv6 has several spellings. */
export function isNetwork(block: string): boolean {
  const [address = ""] = block.split("/");
  const [network = ""] = networkOf(block).split("/");
  return numberOf(address) === numberOf(network);
}

/** IPv4 in the notation of IPv6, which the API server rejects. */
export const isMapped = (block: string): boolean =>
  compressed(block.split("/")[0]!).startsWith("::ffff:");

/** The endpoints at which a node gives its role's credentials to anybody who reaches them. */
const METADATA = ["169.254.169.254", "fd00:ec2::254"];

/** True for a block with a metadata endpoint. */
export function hasMetadata(block: string): boolean {
  const [network = "", prefix] = block.split("/");
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), isIPv4(network) ? "ipv4" : "ipv6");
  return METADATA.some((address) =>
    list.check(address, isIPv4(address) ? "ipv4" : "ipv6"),
  );
}

function numberOf(address: string): bigint {
  if (isIPv4(address)) {
    return address
      .split(".")
      .reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  }
  const [head = "", tail] = compressed(address).split("::");
  const before = head ? head.split(":") : [];
  const after = tail ? tail.split(":") : [];
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].reduce(
    (sum, part) => sum * 65_536n + BigInt(`0x${part}`),
    0n,
  );
}

/** The shortest notation of an IPv6 address, without an IPv4 address in it. */
const compressed = (address: string) =>
  isIPv4(address)
    ? address
    : new URL(`http://[${address}]`).hostname.slice(1, -1);
