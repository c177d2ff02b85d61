import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** One static file, as it is sent: read and compressed once, at start. */
export interface Asset {
  name: string;
  /** The part of its address that changes with its content. */
  version: string;
  type: string;
  identity: Buffer;
  br: Buffer;
  gzip: Buffer;
}

export interface Assets {
  /** Where pages find the file: the address changes with the content, so it may be kept for ever. */
  url(name: string): string;
  /**
   * The file of an address. `isCurrent` is false for an address of another version of this
   * program, which answers during a rollout: better its neighbour's file than none.
   */
  find(url: string): { asset: Asset; isCurrent: boolean } | undefined;
}

const types: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Reads and compresses all files of a folder. @throws the file system's error. */
export async function loadAssets(directory: string): Promise<Assets> {
  const names = (await readdir(directory)).filter((name) =>
    Object.hasOwn(types, path.extname(name)),
  );
  const assets = await Promise.all(
    names.map((name) => loadAsset(directory, name)),
  );
  const byName = new Map(assets.map((asset) => [asset.name, asset]));
  return {
    url(name) {
      const asset = byName.get(name);
      if (!asset) throw new Error(`There is no ${name} in ${directory}.`);
      const { name: stem, ext } = path.parse(name);
      return `/assets/${stem}.${asset.version}${ext}`;
    },
    find(url) {
      const match = /^\/assets\/(\w+)\.([\w-]+)(\.\w+)$/.exec(url);
      const asset = match && byName.get(`${match[1]}${match[3]}`);
      return asset
        ? { asset, isCurrent: match[2] === asset.version }
        : undefined;
    },
  };
}

async function loadAsset(directory: string, name: string): Promise<Asset> {
  const extension = path.extname(name);
  const source = await readFile(path.join(directory, name));
  const identity = extension === ".css" ? squeezeCss(source) : source;
  const [br, zipped] = await Promise.all([
    promisify(brotliCompress)(identity, {
      params: { [constants.BROTLI_PARAM_SIZE_HINT]: identity.length },
    }),
    promisify(gzip)(identity, { level: 9 }),
  ]);
  const version = createHash("sha256").update(identity).digest("base64url");
  return {
    name,
    version: version.slice(0, 10).replace(/^-/, "_"),
    type: types[extension] ?? "application/octet-stream",
    identity,
    br,
    gzip: zipped,
  };
}

/** Takes out what only people read. Our own style sheet has no string in which it would matter. */
function squeezeCss(source: Buffer): Buffer {
  const squeezed = source
    .toString("utf8")
    .replace(/\/\*[^]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,>]) ?/g, "$1")
    .replace(/([ :,(-])0\./g, "$1.")
    .replace(/: /g, ":")
    .replace(/;}/g, "}");
  return Buffer.from(squeezed.trim());
}
