import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { eventually, settings } from "./support/cluster";

const run = promisify(execFile);
const BASE = "node:24-bookworm-slim";

async function tool(...args: string[]): Promise<string> {
  const { stdout } = await run(settings.tool, args, {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.trim();
}

const inImage = (image: string, command: string) =>
  tool("run", "--rm", "--read-only", image, "sh", "-c", command);

/** The name, mode, time and content of each of the app's files. */
const everything = `
  find /app -printf '%P %m %U:%G %T@\\n' | sort
  find /app -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum`;

it("is identical after a rebuild without a cache, and with the cache of another commit", async () => {
  for (const [name, ...options] of [
    ["keepsake:cached"],
    ["keepsake:again", "--no-cache"],
  ] as const) {
    await run("scripts/build-image", [name, ...options], {
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, SOURCE_DATE_EPOCH: "86400" },
    });
  }
  expect(await inImage("keepsake:again", everything)).toBe(
    await inImage("keepsake:cached", everything),
  );
  // Docker's own builder records build times in layers that it does not push.
  if (!/podman/i.test(await tool("--version"))) return;
  expect(await idOf("keepsake:again")).toBe(await idOf("keepsake:cached"));
});

const idOf = (image: string) =>
  tool("image", "inspect", "--format", "{{.Id}}", image);

const sizeOf = async (image: string) =>
  Number(await tool("image", "inspect", "--format", "{{.Size}}", image));

it("adds less than 200 MB to its base", async () => {
  const added = ((await sizeOf("keepsake:dev")) - (await sizeOf(BASE))) / 1e6;
  console.error(`the image adds ${added.toFixed(0)} MB to its base`);
  expect(added).toBeLessThan(200);
});

it("runs as a user, has no package manager and no development dependency, lists its contents, and includes its licence", async () => {
  const script = `
    id -u
    command -v npm npx yarn corepack
    ls node_modules | grep -E '^(typescript|jest|cdk8s|playwright-core)$'
    node -p 'JSON.parse(fs.readFileSync("sbom.cdx.json")).components.some(({ name }) => name === "koa")'
    grep -c 'Version 2.0, January 2004' LICENSE`;
  expect(await inImage("keepsake:dev", script)).toBe("1000\ntrue\n1");
});

it.each([
  ["web", "SESSION_DIRECTORY"],
  ["backend", "DATA_DIRECTORY"],
])(
  "%s starts as pid 1 on a read-only root, and exits on SIGTERM",
  async (part, directory) => {
    const options =
      "--detach --read-only --tmpfs /tmp --env PORT=8080 --env DRAIN_SECONDS=2 --env SECRETS_DIRECTORY=/tmp/secrets";
    const command = `keepsake:dev ${part}`;
    const id = await tool(
      "run",
      ...`${options} --env ${directory}=/tmp/data ${command}`.split(" "),
    );
    try {
      const probe =
        "fetch('http://localhost:8080/livez').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))";
      await eventually("it is alive", () =>
        tool("exec", id, "node", "-e", probe).then(() => true),
      );
      expect(
        await tool("exec", id, "sh", "-c", "tr '\\0' ' ' </proc/1/cmdline"),
      ).toBe(`node /app/build/bin/${part}`);
      await tool("stop", "--time", "30", id);
      // 137 would be the SIGKILL that follows an ignored SIGTERM.
      expect(await tool("inspect", "--format", "{{.State.ExitCode}}", id)).toBe(
        "0",
      );
    } finally {
      await tool("rm", "--force", id);
    }
  },
);
