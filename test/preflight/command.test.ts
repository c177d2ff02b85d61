import { execFile } from "node:child_process";
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  symlink,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { passes, runChecks } from "../../app/preflight/run-checks";
import { asText } from "../../app/preflight/report";
import { type Check, ok } from "../../app/preflight/check";
import { readPreflightConfig } from "../../app/core/config/config";
import { startProcess } from "../support/processes";
import { temporaryDirectory, closeAll } from "./support";

const MAIN = path.join(__dirname, "../../app/preflight/main.ts");

afterEach(closeAll);

/** Runs the command without a cluster. */
async function preflight(args: string[], env: Record<string, string> = {}) {
  const command = startProcess(MAIN, args, { PATH: "/nowhere", ...env });
  const { code, output, errors } = await command.ended;
  return { status: code, stdout: output, stderr: errors };
}

it("reports as JSON and exits with 0 when it finds no problem", async () => {
  const SESSION_DIRECTORY = await temporaryDirectory();
  const { status, stdout } = await preflight(
    ["--json", "--only", "exclusive-names,autoscaling"],
    { SESSION_DIRECTORY },
  );
  const report = JSON.parse(stdout) as { passed: boolean; findings: object[] };
  expect(status).toBe(0);
  expect(report.passed).toBe(true);
  expect(report.findings).toEqual([
    expect.objectContaining({ check: "exclusive-names", status: "ok" }),
    expect.objectContaining({ check: "autoscaling", status: "skipped" }),
  ]);
});

it("exits with 1 after a failure, and prints the finding, its effect and the remedy", async () => {
  const { status, stdout } = await preflight(["--only", "backend-name"], {
    BACKEND_URL: "http://backend.invalid.:8081",
  });
  expect(status).toBe(1);
  expect(stdout).toContain(
    "FAILURE  backend-name: The backend's name backend.invalid. does not resolve",
  );
  expect(stdout).toMatch(/why: .+\n +do: {2}Set BACKEND_URL/);
  expect(stdout).toContain("0 ok, 0 warnings, 1 failures, 0 skipped");
});

it.each([
  [
    "an unknown check",
    ["--only", "nonsense"],
    'There is no check "nonsense". There are shared-volume',
  ],
  ["an unknown option", ["--nonsense"], "--nonsense"],
  [
    "a header without a name",
    ["--header", "nonsense"],
    "must be 'name: value'",
  ],
])(
  "exits with 2 for %s, and lists the valid choices",
  async (_, args, message) => {
    const { status, stderr } = await preflight(args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  },
);

it("uses the given kubectl context", async () => {
  const folder = await temporaryDirectory();
  const kubectl = path.join(folder, "kubectl");
  await writeFile(
    kubectl,
    `#!/bin/sh\necho "$@" >>${folder}/asked\necho '{"items": []}'\n`,
  );
  await chmod(kubectl, 0o755);
  await preflight(["--context", "prod", "--only", "autoscaling"], {
    PATH: folder,
  });
  const asked = (await readFile(path.join(folder, "asked"), "utf8")).trim();
  expect(asked.split("\n")).toContainEqual(
    "--context prod get --raw /apis/autoscaling/v2/namespaces/keepsake/horizontalpodautoscalers",
  );
  expect(asked.replaceAll(/^--context prod get .*$/gm, "").trim()).toBe("");
});

/** A copy of the script in a folder of its own, with these programs in place of the real ones. */
async function scriptWith(programs: Record<string, string>): Promise<string> {
  const folder = await temporaryDirectory();
  await mkdir(path.join(folder, "scripts/support"), { recursive: true });
  for (const name of ["preflight", "support/say.sh"])
    await symlink(
      path.join(__dirname, "../../scripts", name),
      path.join(folder, "scripts", name),
    );
  const all = { "scripts/support/setup.sh": "build() { :; }", ...programs };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), `${text}\n`, { mode: 0o755 });
  }
  return folder;
}

it("the script passes the context on, also for checks on this machine", async () => {
  const folder = await scriptWith({
    "build/bin/preflight":
      "#!/usr/bin/env node\nconsole.log(process.argv.slice(2).join(' '))",
  });
  const { stdout } = await promisify(execFile)(
    path.join(folder, "scripts/preflight"),
    ["--local", "--context", "prod", "--namespace", "chat", "--json"],
  );
  expect(stdout).toBe("--namespace chat --context prod --json\n");
});

it.each([
  [
    "its Job fails before the reporting pod exists",
    'case "$*" in *"get job"*) echo True ;; *describe*) echo "no such file" ;; esac',
    "no such file\nno such file\nPreflight's pods could not run: see above.\n",
  ],
  [
    "its pod fails to start",
    'case "$*" in *phase*) echo Failed ;; *exitCode*) echo 128 ;; *reason*) echo StartError ;; *message*) echo "no such file" ;; *logs*) exit 1 ;; esac',
    "Preflight's pod ended with 128: StartError no such file\n",
  ],
  [
    "its pod is evicted before it runs",
    'case "$*" in *phase*) echo Failed ;; *reason*) echo Evicted ;; *logs*) exit 1 ;; esac',
    "Preflight's pod could not run: Evicted \n",
  ],
])(
  "the script exits with 2 and prints the reason if %s",
  async (_, kubectl, expected) => {
    const folder = await scriptWith({
      "build/scripts/support/preflight-job.js": "console.log('a manifest')",
      kubectl: `#!/bin/sh\n${kubectl}`,
    });
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    const ended = promisify(execFile)(
      path.join(folder, "scripts/preflight"),
      [],
      { env },
    );
    await expect(ended).rejects.toMatchObject({ code: 2, stderr: expected });
  },
);

it("names every bad setting at once", async () => {
  const { status, stderr } = await preflight([], {
    BACKEND_URL: "backend:8081",
    PREFLIGHT_PEERS: "many",
  });
  expect(status).toBe(2);
  expect(stderr).toContain('BACKEND_URL "backend:8081"');
  expect(stderr).toContain('PREFLIGHT_PEERS "many"');
});

it("runs a single-pod check only in the first pod of its Job", async () => {
  const SESSION_DIRECTORY = await temporaryDirectory();
  const { status, stdout } = await preflight(["--only", "clocks"], {
    SESSION_DIRECTORY,
    JOB_COMPLETION_INDEX: "1",
    PREFLIGHT_PEERS: "2",
    PREFLIGHT_RUN: "one-run",
  });
  expect([status, stdout]).toEqual([0, ""]);
  expect(await readdir(SESSION_DIRECTORY)).toEqual([]);
  // Waiting for the other pods would take longer.
}, 120_000);

it("turns an exception in a check into a finding and runs the other checks", async () => {
  const broken: Check = {
    name: "broken",
    why: "So that one fault hides no other.",
    run: () => Promise.reject(new Error("no such luck")),
  };
  const sound: Check = {
    ...broken,
    name: "sound",
    run: () => Promise.resolve(ok("well")),
  };
  const findings = await runChecks(
    [broken, sound],
    { config: readPreflightConfig({}) },
    AbortSignal.timeout(5_000),
  );
  expect(findings.map(asText)[0]).toContain("no such luck");
  expect(findings[1]?.status).toBe("ok");
  expect(passes(findings)).toBe(false);
});
