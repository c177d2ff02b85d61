import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import {
  isTextKey,
  languageCodes,
  languages,
} from "../../core/texts/catalogue";
import type { Language } from "../../core/texts/translation";
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
  /** The file's address in a language, with the base path. It changes with the content, so that browsers may cache it for good. */
  url(name: string, language?: Language): string;
  /** The file's text, to be part of a page. */
  text(name: string): string;
  /**
   * The file with an address below the base path. `isCurrent` is false for an address that another version of this
   * program gave out during a rollout: this version's file is better than none.
   */
  find(url: string): { asset: Asset; isCurrent: boolean } | undefined;
}

/** The scripts, each with the module that imports the others. */
const SCRIPTS = {
  "keepsake.js": "main.js",
  "files.js": "upload/files.js",
  "import.js": "upload/import.js",
  "models.js": "models/search.js",
  "prompts.js": "prompts/list.js",
  "lists.js": "lists/lists.js",
};

/** A script has its texts in it. English has the name that earlier versions of the program know. */
function nameIn(name: string, language: Language): string {
  const { name: stem, ext } = path.parse(name);
  return language === "en" ? name : `${stem}-${language}${ext}`;
}

const textsOf = (language: Language) => (key: string) => {
  if (isTextKey(key)) return languages[language].texts[key];
  throw new Error(`There is no text ${key}.`);
};

const types: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/**
 * Reads and compresses the files of a folder, and the script, whose modules are in `script`.
 *
 * @param base The path below which web serves; see `serveBelow`.
 * @throws the file system's error.
 */
export async function loadAssets(
  directory: string,
  base = "",
): Promise<Assets> {
  const names = (await readdir(directory)).filter((name) =>
    Object.hasOwn(types, path.extname(name)),
  );
  const bundle = async (name: string, entry: string, language: Language) => {
    const file = path.join(directory, "script", entry);
    const source = await bundleScript(file, textsOf(language));
    return toAsset(nameIn(name, language), Buffer.from(source));
  };
  const assets = await Promise.all([
    ...languageCodes.flatMap((language) =>
      Object.entries(SCRIPTS).map(([name, entry]) =>
        bundle(name, entry, language),
      ),
    ),
    ...names.map(async (name) =>
      toAsset(name, await readFile(path.join(directory, name))),
    ),
  ]);
  const byName = new Map(assets.map((asset) => [asset.name, asset]));
  const named = (name: string): Asset => {
    const asset = byName.get(name);
    if (asset) return asset;
    throw new Error(`There is no ${name} in ${directory}.`);
  };
  return {
    text: (name) => named(name).identity.toString("utf8"),
    url(name, language = "en") {
      const asset = byName.get(nameIn(name, language)) ?? named(name);
      const { name: stem, ext } = path.parse(asset.name);
      return `${base}/assets/${stem}.${asset.version}${ext}`;
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
