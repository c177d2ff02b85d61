import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { HttpVisitor } from "../../support/http-visitor";
import {
  awsEnvironment,
  awsOf,
  type Started,
  startMoto,
  startRegistry,
  withAwsAndRegistry,
} from "./support/aws";
import { kubectl, restore, settings, inLongForm } from "./support/cluster";
import {
  expectNothingLost,
  underLoad,
  visitors,
} from "./support/counting-client";

const context = ["--context", `kind-${settings.cluster}`];

/** Runs a script as users do. */
async function script(
  name: string,
  args: string[],
  env: Record<string, string> = {},
) {
  const options = {
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
  };
  try {
    return {
      status: 0,
      ...(await promisify(execFile)(`scripts/${name}`, args, options)),
    };
  } catch (error) {
    const { code, stdout, stderr } = error as {
      code: number;
      stdout: string;
      stderr: string;
    };
    return { status: code, stdout, stderr };
  }
}

describe("scripts/deploy", () => {
  afterEach(restore);

  it("changes nothing in a dry run, and shows what it would change", async () => {
    const before = await kubectl(
      "get",
      "deployment",
      "web",
      "-o",
      "jsonpath={.metadata.generation}",
    );
    const { status, stdout, stderr } = await script("deploy", [
      "kind",
      ...context,
      "--dry-run",
      "--image",
      "keepsake:other",
    ]);
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining("nothing was built, pushed or applied"),
    ]);
    expect(stdout).toMatch(/^\+ +image: keepsake:other$/m);
    expect(
      await kubectl(
        "get",
        "deployment",
        "web",
        "-o",
        "jsonpath={.metadata.generation}",
      ),
    ).toBe(before);
  });

  inLongForm("of an image that can't be run", () => {
    it("rolls back to the previous version when the new one fails to start, and no request fails", async () => {
      const counts = await underLoad(visitors(), async () => {
        const { status, stderr } = await script(
          "deploy",
          ["kind", ...context, "--yes", "--image", "keepsake:absent"],
          { ROLLOUT_TIMEOUT: "25s" },
        );
        expect([status, stderr]).toEqual([
          1,
          expect.stringContaining("Rolled back: the previous version serves"),
        ]);
      });
      expectNothingLost(counts);
      const image = await kubectl(
        "get",
        "deployment",
        "backend",
        "-o",
        "jsonpath={.spec.template.spec.containers[0].image}",
      );
      expect(image).toBe(settings.image);
      expect((await new HttpVisitor(settings.url).get("/")).status).toBe(200);
    });
  });
});

withAwsAndRegistry(
  "ecr-push, against stand-ins for AWS and its registry",
  () => {
    const started: Started[] = [];
    let aws: Server;
    let env: Record<string, string>;
    let registry: string;
    let folder: string;

    beforeAll(async () => {
      const servers = await Promise.all([startMoto(), startRegistry()]);
      started.push(...servers);
      registry = `localhost:${servers[1].port}`;
      aws = await ecrThatPointsTo(registry, servers[0].port);
      folder = await mkdtemp(path.join(os.tmpdir(), "ecr-"));
      env = {
        ...awsEnvironment((aws.address() as AddressInfo).port),
        CONTAINER_TOOL: await toolWithoutTls(folder),
      };
    });

    afterAll(async () => {
      for (const server of started) server.stop();
      aws.close();
      await rm(folder, { recursive: true, force: true });
    });

    const ecr = (...args: string[]) => awsOf(env)("ecr", ...args);

    it("makes no repository in a dry run", async () => {
      const { status, stdout, stderr } = await script(
        "ecr-push",
        ["--dry-run", "--platform", "linux/amd64"],
        env,
      );
      expect([status, stderr]).toEqual([
        0,
        expect.stringContaining("would run: aws ecr create-repository"),
      ]);
      expect(stdout).toMatch(/\/keepsake@sha256:f{64}\n$/);
      expect((await ecr("describe-repositories")).repositories).toEqual([]);
    });

    it("makes a repository that scans images and has immutable tags, and pushes the image under the printed name", async () => {
      const { status, stdout, stderr } = await script(
        "ecr-push",
        ["--platform", "linux/amd64"],
        env,
      );
      expect([status, stderr]).toEqual([
        0,
        expect.stringContaining("Making the repository keepsake"),
      ]);
      const [, digest] =
        /^localhost:\d+\/keepsake@(sha256:[0-9a-f]{64})\n$/.exec(stdout) ?? [];
      const [repository] = (await ecr("describe-repositories"))
        .repositories as [object];
      expect(repository).toMatchObject({
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
      });
      const manifest = await fetch(
        `http://${registry}/v2/keepsake/manifests/${digest}`,
      );
      expect(manifest.status).toBe(200);
      // ECR knows the image by now, so the same commit is not built again.
      await ecr(
        "put-image",
        "--repository-name",
        "keepsake",
        "--image-tag",
        await commit(),
        "--image-manifest",
        await manifest.text(),
        "--image-digest",
        digest!,
      );
      const again = await script(
        "ecr-push",
        ["--platform", "linux/amd64"],
        env,
      );
      expect([again.status, again.stderr]).toEqual([
        0,
        expect.stringContaining("is there already"),
      ]);
      expect(again.stdout).toBe(stdout);
    });

    it("names the pushed image in a dry run of scripts/deploy", async () => {
      const { status, stdout } = await script(
        "deploy",
        ["kind", ...context, "--dry-run"],
        env,
      );
      expect(status).toBe(0);
      expect(stdout).toMatch(/^\+ +image: localhost:\d+\/keepsake@sha256:/m);
    });
  },
);

const commit = async () =>
  (await promisify(execFile)("git", ["rev-parse", "HEAD"])).stdout.trim();

/** Moto's responses name the real registry; these name the local one. */
async function ecrThatPointsTo(
  registry: string,
  motoPort: number,
): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const passed = request(
      { port: motoPort, host: "127.0.0.1", method, path: url, headers },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const text = Buffer.concat(chunks)
            .toString()
            .replaceAll(
              /\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/g,
              registry,
            );
          const { "content-length": _, ...rest } = answer.headers;
          outgoing.writeHead(answer.statusCode ?? 502, rest).end(text);
        });
      },
    );
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => {
    server.once("listening", resolve);
  });
  return server;
}

/** Docker trusts localhost without TLS; podman needs a flag. */
async function toolWithoutTls(folder: string): Promise<string> {
  const file = path.join(folder, "tool");
  await writeFile(
    file,
    `#!/bin/sh
case "$1" in push | login)
  if ${settings.tool} --version | grep -qi podman; then
    command=$1; shift
    exec ${settings.tool} "$command" --tls-verify=false "$@"
  fi ;;
esac
exec ${settings.tool} "$@"
`,
  );
  await chmod(file, 0o755);
  return file;
}
