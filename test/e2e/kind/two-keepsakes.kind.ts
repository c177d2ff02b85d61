import { writeFile } from "node:fs/promises";
import path from "node:path";
import kind from "../../../k8s/environments/kind";
import { manifests } from "../../../k8s/keepsake";
import { parseEnvironment } from "../../../k8s/schema/read-environment";
import { HttpVisitor } from "../../support/http-visitor";
import { temporaryFolders } from "../../support/temporary-folder";
import {
  controlPlane,
  eventually,
  inNode,
  kubectl,
  settings,
} from "./support/cluster";

const temporaryFolder = temporaryFolders();
const SECOND = "second-chat";
const STORE = "/var/lib/keepsake/second";
const NAMESPACES = ["keepsake", SECOND];

const inNamespace = (namespace: string, ...args: string[]) =>
  kubectl("--namespace", namespace, ...args);

const second = () =>
  manifests(
    parseEnvironment({
      ...kind,
      name: SECOND,
      namespace: SECOND,
      image: settings.image,
      web: { ...kind.web, replicas: { min: 2, max: 2 } },
      backend: { ...kind.backend, replicas: { min: 2, max: 2 } },
      storage: { kind: "host", path: STORE },
      ingress: { kind: "traefik", image: "traefik:v3.7.13", nodePort: 30_081 },
    }),
  );

async function startSecond(): Promise<void> {
  await inNode(
    controlPlane,
    `mkdir -p ${STORE}/sessions ${STORE}/records && chown 1000:1000 ${STORE}/*`,
  );
  const file = path.join(await temporaryFolder(), "second.k8s.yaml");
  await writeFile(file, second());
  await kubectl("create", "namespace", SECOND);
  const secrets = ["INTERNAL_TOKEN", "SESSION_KEYS"].map(
    (name) => `--from-literal=${name}=${`${name}-of-the-second-`.repeat(3)}`,
  );
  const secret = ["create", "secret", "generic", "keepsake", ...secrets];
  await inNamespace(SECOND, ...secret);
  const options = "--server-side --force-conflicts".split(" ");
  await inNamespace(SECOND, "apply", ...options, "-f", file);
  for (const part of ["backend", "web", "traefik"]) {
    const target = `deployment/${part}`;
    await inNamespace(SECOND, "rollout", "status", target, "--timeout=240s");
  }
}

const address = (namespace: string, component: string) =>
  inNamespace(
    namespace,
    "get",
    "pods",
    "-l",
    `app.kubernetes.io/component=${component}`,
    "--field-selector=status.phase=Running",
    "-o",
    "jsonpath={.items[0].status.podIP}",
  );

/** A network writes the rules of a new pod a moment after its start. */
const expectReach = (
  namespace: string,
  component: string,
  targets: { host: string; port: number }[],
  result: "open" | "closed",
) =>
  eventually(
    `from ${component} of ${namespace}, all is ${result}`,
    async () => {
      const seen = await reach(namespace, component, targets);
      if (seen !== targets.map(() => result).join(" ")) throw new Error(seen);
      return true;
    },
  );

/** The ports of a Keepsake's pods, and its Service, as another pod may try them. */
const doors = async (namespace: string) => [
  { host: await address(namespace, "web"), port: 8080 },
  { host: await address(namespace, "web"), port: 9090 },
  { host: await address(namespace, "backend"), port: 8081 },
  { host: await address(namespace, "backend"), port: 9091 },
  { host: `backend.${namespace}.svc.cluster.local.`, port: 8081 },
];

/** Connects from a pod that runs. @returns `open` or `closed` for each door. */
async function reach(
  namespace: string,
  component: string,
  targets: { host: string; port: number }[],
): Promise<string> {
  const program = `
    const net = require("node:net");
    const attempt = (target) => new Promise((resolve) => {
      const socket = net.connect({ ...target, timeout: 3000 });
      const end = (result) => { socket.destroy(); resolve(result); };
      socket.on("connect", () => end("open"));
      socket.on("timeout", () => end("closed"));
      socket.on("error", () => end("closed"));
    });
    Promise.all(${JSON.stringify(targets)}.map(attempt)).then((all) => console.log(all.join(" ")));
  `;
  const pod = `deployment/${component}`;
  return inNamespace(namespace, "exec", pod, "--", "node", "-e", program);
}

afterAll(async () => {
  await kubectl("delete", "namespace", SECOND, "--wait=true");
  const owned = `app.kubernetes.io/instance=${SECOND}`;
  await kubectl("delete", "pv", "-l", owned, "--ignore-not-found");
  await inNode(controlPlane, `rm -rf ${STORE}`);
});

it("two Keepsakes in one cluster work, and no pod of one reaches the other", async () => {
  await startSecond();
  // Each web reaches its own backend, so a policy stops what follows.
  for (const namespace of NAMESPACES) {
    const own = await doors(namespace);
    const backend = [own[2]!, own[4]!];
    await expectReach(namespace, "web", backend, "open");
  }
  for (const from of NAMESPACES) {
    const [other = ""] = NAMESPACES.filter((name) => name !== from);
    const targets = await doors(other);
    for (const component of ["web", "backend"]) {
      await expectReach(from, component, targets, "closed");
    }
  }
  const visitor = new HttpVisitor(settings.url);
  expect((await visitor.get("/")).status).toBe(200);
});
