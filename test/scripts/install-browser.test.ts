import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { temporaryFolders } from "../support/temporary-folder";

const newFolder = temporaryFolders();

/** Programs that the script needs on every system. */
const TOOLS = ["bash", "cat", "dirname", "env", "grep", "node", "true"];
const REMEDY = "sudo apt-get install --no-install-recommends chromium";
const NEW = "Inst libnss3 (3.87 Debian:12 [amd64])\nInst chromium (1 Debian)\n";
const UPGRADE = "Inst libnss3 [3.86] (3.87 Debian:12 [amd64])\n";

interface Machine {
  /** The programs on PATH: name → shell script. */
  programs: Record<string, string>;
  /** Chromium by default. */
  browser?: string;
}

/** Runs the script on a machine that has these programs and no others. */
async function install({ programs, browser }: Machine) {
  const folder = await newFolder();
  const bin = path.join(folder, "bin");
  mkdirSync(bin);
  for (const tool of TOOLS) {
    const target = execFileSync("which", [tool], { encoding: "utf8" }).trim();
    symlinkSync(
      tool === "node" ? process.execPath : target,
      path.join(bin, tool),
    );
  }
  for (const [name, script] of Object.entries(programs)) {
    const file = path.join(bin, name);
    writeFileSync(file, `#!/usr/bin/env bash\n${script}\n`);
    chmodSync(file, 0o755);
  }
  const calls = path.join(folder, "calls");
  const { status, stdout } = spawnSync(
    "scripts/support/install-browser",
    browser ? [browser] : [],
    {
      encoding: "utf8",
      env: {
        PATH: bin,
        BIN: bin,
        CALLS: calls,
        PLAYWRIGHT_BROWSERS_PATH: path.join(folder, "cache"),
      },
    },
  );
  return {
    status,
    printed: stdout.trim().replace(bin, "BIN"),
    calls: existsSync(calls) ? readFileSync(calls, "utf8").trim() : "",
  };
}

const log = 'echo "$(basename_of "$0") $*" >>"$CALLS"';
const logged = (script: string) =>
  `basename_of() { echo "\${1##*/}"; }\n${log}\n${script}`;
const placeBrowser = (name: string) =>
  `echo '#!/usr/bin/env bash' >"$BIN/${name}"; /bin/chmod +x "$BIN/${name}"`;

const root = { id: "echo 0" };
const user = { id: "echo 1000" };
const apt = (plan: string) =>
  logged(`case "$*" in
    *--simulate*) cat <<'PLAN'
${plan}PLAN
      ;;
    install*firefox-esr) ${placeBrowser("firefox-esr")} ;;
    install*) ${placeBrowser("chromium")} ;;
  esac`);
const npx = logged(placeBrowser("chrome"));
const npxOffline = logged("exit 1");
const sudoWithPassword = logged("exit 1");
const sudo = logged('shift; "$@"');

it("prints a browser that is installed, and installs nothing", async () => {
  const programs = { ...root, "google-chrome-stable": "", "apt-get": apt(NEW) };
  expect(await install({ programs })).toEqual({
    status: 0,
    printed: "BIN/google-chrome-stable",
    calls: "",
  });
});

it("passes over a browser that does not start", async () => {
  const programs = { ...root, chromium: "exit 1", "microsoft-edge": "" };
  const { printed } = await install({ programs });
  expect(printed).toBe("BIN/microsoft-edge");
});

it("installs the distribution's package as root, without recommended packages", async () => {
  const programs = { ...root, "apt-get": apt(NEW), npx };
  const { status, printed, calls } = await install({ programs });
  expect({ status, printed }).toEqual({ status: 0, printed: "BIN/chromium" });
  expect(calls.split("\n")).toEqual([
    "apt-get update -qq",
    expect.stringMatching(/--no-install-recommends --simulate chromium$/),
    expect.stringMatching(
      /--no-upgrade --no-remove --no-install-recommends -qq chromium$/,
    ),
  ]);
});

it("installs the package with sudo where that asks for no password", async () => {
  const programs = { ...user, sudo, "apt-get": apt(NEW) };
  const { printed, calls } = await install({ programs });
  expect(printed).toBe("BIN/chromium");
  expect(calls).toMatch(/^sudo -n env .*apt-get install/m);
});

it.each([
  ["the package would upgrade another", { ...root, "apt-get": apt(UPGRADE) }],
  [
    "the package would remove another",
    { ...root, "apt-get": apt("Remv firefox [1]\n") },
  ],
  [
    "sudo asks for a password",
    { ...user, sudo: sudoWithPassword, "apt-get": apt(NEW) },
  ],
  ["there is no package", { ...root, "apt-get": logged("exit 100") }],
  ["there is no apt-get", root],
])("downloads a browser with Playwright where %s", async (_, programs) => {
  const all = { ...programs, npx };
  const { status, printed, calls } = await install({ programs: all });
  expect({ status, printed }).toEqual({ status: 0, printed: "BIN/chrome" });
  expect(calls).not.toMatch(/apt-get install(?!.*--simulate)/);
  expect(calls).toContain("npx playwright-core install --no-shell chromium");
  expect(calls).not.toContain("--with-deps");
});

it("prints the command that would help where no browser can be installed", async () => {
  const failing = { sudo: sudoWithPassword, "apt-get": apt(NEW) };
  const programs = { ...user, ...failing, npx: npxOffline };
  const { status, printed } = await install({ programs });
  expect({ status, printed }).toEqual({ status: 1, printed: REMEDY });
});

describe("for Firefox", () => {
  const browser = "firefox";

  it("finds no Chromium, and installs the distribution's package", async () => {
    const programs = { ...root, chromium: "", "apt-get": apt(NEW) };
    const { status, printed, calls } = await install({ programs, browser });
    expect({ status, printed }).toEqual({
      status: 0,
      printed: "BIN/firefox-esr",
    });
    expect(calls).toMatch(/-qq firefox-esr$/);
  });

  it("downloads none of Playwright's builds, and prints what would help", async () => {
    const programs = { ...root, npx };
    const { status, printed, calls } = await install({ programs, browser });
    expect(status).toBe(1);
    expect(printed).toMatch(/install Firefox from .*FIREFOX_PATH/);
    expect(calls).toBe("");
  });
});

it("refuses another name", async () => {
  const programs = { ...root, "apt-get": apt(NEW) };
  const { status, calls } = await install({ programs, browser: "netscape" });
  expect({ status, calls }).toEqual({ status: 2, calls: "" });
});
