import { freePorts } from "../../../scripts/local/free-ports";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/**
 * The folder of kube-apiserver, etcd and kubectl, in the variable of Kubernetes' own test tools.
 */
export const assets = process.env["KUBEBUILDER_ASSETS"] ?? "";

/**
 * A block of tests that need a real API server: skipped with a reason where it is missing, a
 * failure in CI.
 */
export function describeWithApiServer(name: string, body: () => void): void {
  if (assets) {
    describe(name, body);
  } else if (process.env["CI"]) {
    test(`${name}: CI has an API server (set KUBEBUILDER_ASSETS)`, () => {
      expect(assets).not.toBe("");
    });
  } else {
    const why =
      "needs an API server: KUBEBUILDER_ASSETS=`setup-envtest use -p path` scripts/test";
    describe.skip(`${name} (${why})`, body);
  }
}

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ApiServer {
  /** A kubeconfig file with all rights. */
  kubeconfig: string;
  /** Runs kubectl. Its exit code is part of the result, not an error. */
  kubectl: (args: string[], input?: string) => Promise<Outcome>;
  /** Runs kubectl. @throws Error with its error output. */
  must: (args: string[], input?: string) => Promise<string>;
  stop: () => Promise<void>;
}

/** Makes the Secret that a deployment expects, without content. */
export const MAKE_SECRET = "create secret generic keepsake -n keepsake".split(
  " ",
);

export const START_MS = 120_000;

/** Starts an empty etcd and kube-apiserver on free ports. */
export async function startApiServer(): Promise<ApiServer> {
  const folder = await mkdtemp(path.join(tmpdir(), "keepsake-api-"));
  const [client, peer, secure] = await freePorts(3);
  const token = randomBytes(16).toString("hex");
  await writeFiles(folder, token, secure!);
  const etcd = await run(folder, "etcd", etcdFlags(folder, client!, peer!));
  const api = await run(
    folder,
    "kube-apiserver",
    apiFlags(folder, client!, secure!),
  );
  const kubeconfig = path.join(folder, "kubeconfig");
  const kubectl = kubectlWith(kubeconfig);
  const stop = async () => {
    await end(api);
    await end(etcd);
    await rm(folder, { recursive: true, force: true });
  };
  const must = async (args: string[], input?: string) =>
    succeeded(args, await kubectl(args, input));
  try {
    await untilReady(kubectl, api, folder);
  } catch (error) {
    await stop();
    throw error;
  }
  return { kubeconfig, kubectl, must, stop };
}

function succeeded(args: string[], outcome: Outcome): string {
  if (outcome.code === 0) return outcome.stdout;
  throw new Error(`kubectl ${args.join(" ")}: ${outcome.stderr}`);
}

async function writeFiles(folder: string, token: string, port: number) {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  await writeFile(path.join(folder, "accounts.key"), privateKey);
  await writeFile(
    path.join(folder, "tokens.csv"),
    `${token},admin,admin,system:masters\n`,
  );
  await writeFile(
    path.join(folder, "kubeconfig"),
    JSON.stringify(kubeconfigOf(token, port)),
  );
}

const kubeconfigOf = (token: string, port: number) => ({
  apiVersion: "v1",
  kind: "Config",
  clusters: [
    {
      name: "test",
      cluster: {
        server: `https://127.0.0.1:${port}`,
        "insecure-skip-tls-verify": true,
      },
    },
  ],
  users: [{ name: "test", user: { token } }],
  contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
  "current-context": "test",
});

const etcdFlags = (folder: string, client: number, peer: number) => [
  `--data-dir=${folder}/etcd`,
  `--listen-client-urls=http://127.0.0.1:${client}`,
  `--advertise-client-urls=http://127.0.0.1:${client}`,
  `--listen-peer-urls=http://127.0.0.1:${peer}`,
  `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
  `--initial-cluster=default=http://127.0.0.1:${peer}`,
  "--unsafe-no-fsync",
];

const apiFlags = (folder: string, etcd: number, secure: number) => [
  `--etcd-servers=http://127.0.0.1:${etcd}`,
  "--bind-address=127.0.0.1",
  `--secure-port=${secure}`,
  `--cert-dir=${folder}/certificates`,
  `--token-auth-file=${folder}/tokens.csv`,
  "--authorization-mode=RBAC",
  "--allow-privileged=true",
  "--service-account-issuer=https://kubernetes.default.svc",
  `--service-account-key-file=${folder}/accounts.key`,
  `--service-account-signing-key-file=${folder}/accounts.key`,
  "--service-cluster-ip-range=10.0.0.0/24",
];

async function run(
  folder: string,
  program: string,
  flags: string[],
): Promise<ChildProcess> {
  const log = await open(path.join(folder, `${program}.log`), "w");
  const child = spawn(path.join(assets, program), flags, {
    stdio: ["ignore", log.fd, log.fd],
  });
  await once(child, "spawn");
  await log.close();
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

const kubectlWith =
  (kubeconfig: string) =>
  (args: string[], input?: string): Promise<Outcome> =>
    new Promise((resolve) => {
      const child = execFile(
        path.join(assets, "kubectl"),
        args,
        {
          env: {
            ...process.env,
            KUBECONFIG: kubeconfig,
            KUBECTL_APPLYSET: "true",
          },
          maxBuffer: 2 ** 26,
        },
        (error, stdout, stderr) =>
          resolve({
            code: error === null ? 0 : Number(error.code ?? 1),
            stdout,
            stderr,
          }),
      );
      child.stdin?.end(input ?? "");
    });

/** Waits until the server is ready and has the objects that every cluster has. */
async function untilReady(
  kubectl: ApiServer["kubectl"],
  api: ChildProcess,
  folder: string,
): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && api.exitCode === null) {
    const { code } = await kubectl(["get", "namespace", "default"]);
    const ready = await kubectl(["get", "--raw", "/readyz"]);
    if (code === 0 && ready.code === 0) return;
    await delay(200);
  }
  const log = await readFile(path.join(folder, "kube-apiserver.log"), "utf8");
  throw new Error(`kube-apiserver did not get ready:\n${log.slice(-2_000)}`);
}
