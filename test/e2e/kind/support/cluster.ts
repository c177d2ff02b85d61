import { execFile, spawn, type ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const MAX_OUTPUT = 64 * 1024 * 1024;

/** Set by scripts/kind-test. */
export const settings = {
  url: given("KIND_URL"),
  cluster: given("KIND_CLUSTER"),
  /** The manifests of this version, and of the previous one. */
  manifest: given("KIND_MANIFEST"),
  olderManifest: given("KIND_OLDER_MANIFEST"),
  /** The images of this version, and of the previous one. */
  image: given("KIND_IMAGE"),
  olderImage: given("KIND_OLDER_IMAGE"),
  tool: process.env.CONTAINER_TOOL ?? "docker",
  /** True for the smallest form of each test (`scripts/kind-test --short`). */
  short: process.env.KIND_SHORT === "1",
};

/** A block of tests that the short form skips. */
export function inLongForm(name: string, body: () => void): void {
  if (settings.short) {
    const why = "needs the long form of the tests on kind: KIND=1 scripts/test";
    describe.skip(`${name} (${why})`, body);
  } else {
    describe(name, body);
  }
}

function given(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: run these tests by scripts/kind-test.`);
}

const CONTEXT = ["--context", `kind-${settings.cluster}`];
const WHERE = [...CONTEXT, "--namespace", "keepsake"];

/** kubectl in Keepsake's namespace. @returns Standard output. */
export async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await run("kubectl", [...WHERE, ...args], {
    maxBuffer: MAX_OUTPUT,
  });
  return stdout.trim();
}

/** Applies objects given as JSON, in Keepsake's namespace. */
export const apply = (...items: object[]) => applyIn("keepsake", ...items);

export async function applyIn(
  namespace: string,
  ...items: object[]
): Promise<void> {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const where = [...CONTEXT, "--namespace", namespace];
  const child = spawn("kubectl", [...where, "apply", "-f", "-"], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  child.stdin.end(list);
  const [code] = (await once(child)) as [number];
  if (code !== 0) throw new Error(`kubectl apply ended with ${code}`);
}

const once = (child: ChildProcess) =>
  new Promise((resolve) => {
    child.once("exit", (...result) => resolve(result));
  });

/** Runs a shell command as root of a node. */
export async function inNode(node: string, command: string): Promise<string> {
  const args = ["exec", node, "sh", "-c", command];
  return (await run(settings.tool, args, { maxBuffer: MAX_OUTPUT })).stdout;
}

export const controlPlane = `${settings.cluster}-control-plane`;

export interface PodInfo {
  name: string;
  node: string;
  ip: string;
  ready: boolean;
  ending: boolean;
}

/** The pods of a component. */
export async function podsOf(component: string): Promise<PodInfo[]> {
  const { items } = JSON.parse(
    await kubectl(
      "get",
      "pods",
      "-l",
      `app.kubernetes.io/component=${component}`,
      "-o",
      "json",
    ),
  ) as { items: RawPod[] };
  return items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    node: spec.nodeName ?? "",
    ip: status.podIP ?? "",
    ready: (status.conditions ?? []).some(
      (condition) => condition.type === "Ready" && condition.status === "True",
    ),
    ending: metadata.deletionTimestamp !== undefined,
  }));
}

interface RawPod {
  metadata: { name: string; deletionTimestamp?: string };
  spec: { nodeName?: string };
  status: {
    podIP?: string;
    conditions?: { type: string; status: string }[];
  };
}

export const rolledOut = (component: string) =>
  kubectl("rollout", "status", `deployment/${component}`, "--timeout=240s");

/** Applies the manifests again, which reverts a test's changes. */
export async function restore(): Promise<void> {
  await kubectl(
    "apply",
    "--server-side",
    "--force-conflicts",
    "-f",
    settings.manifest,
  );
  for (const part of ["backend", "web", "traefik"]) await rolledOut(part);
}

/** Polls until the result is neither false nor undefined. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | false | undefined>,
  withinSeconds = 120,
): Promise<T> {
  const end = performance.now() + withinSeconds * 1000;
  let trouble = "";
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== undefined) return answer;
    } catch (error) {
      trouble = `: ${(error as Error).message}`;
    }
    await wait(500);
  }
  throw new Error(`Not within ${withinSeconds} s: ${what}${trouble}`);
}

/** Runs a Node program in a pod of its own. @returns Its output. */
export async function asStranger(
  name: string,
  labels: Record<string, string>,
  program: string,
): Promise<string> {
  await kubectl("delete", "pod", name, "--ignore-not-found", "--wait=true");
  await apply(strangerPod(name, labels, program));
  await eventually(`the pod ${name} ends`, async () => {
    const phase = await kubectl(
      "get",
      "pod",
      name,
      "-o",
      "jsonpath={.status.phase}",
    );
    return phase === "Succeeded" || phase === "Failed";
  });
  const output = await kubectl("logs", name);
  await kubectl("delete", "pod", name, "--wait=true");
  return output;
}

/** A pod that runs a program and that the namespace admits. */
export function strangerPod(
  name: string,
  labels: Record<string, string>,
  program: string,
) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: podSecurity,
      containers: [
        {
          name: "main",
          image: settings.image,
          imagePullPolicy: "IfNotPresent",
          command: ["node", "-e", program],
          securityContext: containerSecurity,
        },
      ],
    },
  };
}

export const podSecurity = {
  runAsNonRoot: true,
  runAsUser: 1000,
  seccompProfile: { type: "RuntimeDefault" },
};

export const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
