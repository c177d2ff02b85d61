import { execFileSync } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const root = path.join(__dirname, "../../..");

export type Earlier =
  | { manifests: Map<string, string>; reason?: undefined }
  | { manifests?: undefined; reason: string };

/**
 * The manifests of an earlier commit, by environment, made by that commit's own charts.
 *
 * @returns Or the reason why there are none: a shallow clone, a commit before the charts, or one
 *   that needs packages which aren't installed any more.
 */
export function manifestsOf(commit: string): Earlier {
  const folder = mkdtempSync(path.join(tmpdir(), "keepsake-earlier-"));
  try {
    return { manifests: synthesized(commit, folder) };
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? error);
    return { reason: `${commit} has no manifests: ${firstLine(said)}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function synthesized(commit: string, folder: string): Map<string, string> {
  const archive = execFileSync("git", ["archive", commit, "k8s", "app"], {
    cwd: root,
    stdio: "pipe",
    maxBuffer: 2 ** 28,
  });
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  symlinkSync(
    path.join(root, "node_modules"),
    path.join(folder, "node_modules"),
  );
  execFileSync(
    path.join(root, "node_modules/.bin/tsx"),
    ["k8s/main.ts", "--output", "dist"],
    { cwd: folder, stdio: "pipe" },
  );
  const files = readdirSync(path.join(folder, "dist"));
  return new Map(
    files.map((file) => [
      file.replace(".k8s.yaml", ""),
      readFileSync(path.join(folder, "dist", file), "utf8"),
    ]),
  );
}

const firstLine = (text: string) =>
  text.split("\n").find((line) => /error|fatal/i.test(line)) ??
  text.slice(0, 200);

/** A test that can't be run here: it counts as skipped, and its name says why. */
export const skipped = (name: string, reason: string) =>
  test.skip(`${name} (${reason})`, () => expect(reason).toBe(""));
