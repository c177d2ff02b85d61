import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { bundleScript } from "./bundle-script";

/** A static file, read and compressed once, at start. */
export interface Asset {
  name: string;
  /** The part of the address that changes with the content. */
  version: string;
  type: string;
  identity: Buffer;
  br: Buffer;
  gzip: Buffer;
}

export interface Assets {
  /** The file's address. It changes with the content, so that browsers may cache it for good. */
  url(name: string): string;
  /**
   * The file with an address. `isCurrent` is false for an address that another version of this
   * program gave out during a rollout: this version's file is better than none.
   */
  find(url: string): { asset: Asset; isCurrent: boolean } | undefined;
}

const types: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Reads and compresses the files of a folder, and the script, whose modules are in `script`.
 *
 * @throws the file system's error.
 */
export async function loadAssets(directory: string): Promise<Assets> {
  const names = (await readdir(directory)).filter((name) =>
    Object.hasOwn(types, path.extname(name)),
  );
  const script = bundleScript(path.join(directory, "script/main.js"));
  const upload = bundleScript(path.join(directory, "script/upload/files.js"));
  const assets = await Promise.all([
    script.then((source) => toAsset("keepsake.js", Buffer.from(source))),
    upload.then((source) => toAsset("files.js", Buffer.from(source))),
    ...names.map(async (name) =>
      toAsset(name, await readFile(path.join(directory, name))),
    ),
  ]);
  const byName = new Map(assets.map((asset) => [asset.name, asset]));
  return {
    url(name) {
      const asset = byName.get(name);
      if (!asset) throw new Error(`There is no ${name} in ${directory}.`);
      const { name: stem, ext } = path.parse(name);
      return `/assets/${stem}.${asset.version}${ext}`;
    },
    find(url) {
      const match = /^\/assets\/([\w-]+)\.([\w-]+)(\.\w+)$/.exec(url);
      const asset = match && byName.get(`${match[1]}${match[3]}`);
      return asset
        ? { asset, isCurrent: match[2] === asset.version }
        : undefined;
    },
  };
}

async function toAsset(name: string, source: Buffer): Promise<Asset> {
  const extension = path.extname(name);
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

/** Removes comments and white space. No string in our style sheet contains any that matters. */
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
