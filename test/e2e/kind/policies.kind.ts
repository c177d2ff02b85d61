import {
  asStranger,
  eventually,
  kubectl,
  podsOf,
  settings,
  strangerPod,
} from "./support/cluster";

/** A program that tries each address for 3 s, and prints the connections that succeeded. */
const tries = (targets: [string, number][]) => `
  const net = require("node:net");
  const attempt = ([host, port]) => new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: 3000 });
    socket.on("connect", () => { socket.destroy(); resolve("open"); });
    socket.on("timeout", () => { socket.destroy(); resolve("closed"); });
    socket.on("error", (error) => resolve(error.code === "ECONNREFUSED" ? "refused" : "closed"));
  });
  // A cluster's network takes a moment to notice a new pod, and to write the rules for it.
  setTimeout(() => Promise.all(${JSON.stringify(targets)}.map(attempt)).then((all) => console.log(all.join(" "))), 3000);
`;

const reach = async (
  name: string,
  labels: Record<string, string>,
  targets: [string, number][],
) => (await asStranger(name, labels, tries(targets))).split(" ");

const apiServer = () =>
  kubectl(
    "--namespace",
    "default",
    "get",
    "service",
    "kubernetes",
    "-o",
    "jsonpath={.spec.clusterIP}",
  );

/** A pod that stays: after a rollout, pods of the version before drain for a while. */
const readyPod = (component: string) =>
  eventually(`a pod of ${component} is ready`, async () =>
    (await podsOf(component)).find(({ ready, ending }) => ready && !ending),
  );

const podAddress = async (component: string) => (await readyPod(component)).ip;

/** True if the API server would admit a pod that mounts the records. */
const thief = (readOnly: boolean) => {
  const pod = strangerPod("thief", {}, "");
  const claim = { claimName: "records", readOnly };
  const volumes = [{ name: "data", persistentVolumeClaim: claim }];
  const overrides = { ...pod, spec: { ...pod.spec, volumes } };
  return kubectl(
    "run",
    "thief",
    `--image=${settings.image}`,
    "--dry-run=server",
    `--overrides=${JSON.stringify(overrides)}`,
  );
};

it("a pod without labels reaches neither backend, nor web, nor web's metrics", async () => {
  const [web, backend] = [await podAddress("web"), await podAddress("backend")];
  const results = await reach("stranger", {}, [
    [backend, 8081],
    [web, 8080],
    [web, 9090],
  ]);
  expect(results).toEqual(["closed", "closed", "closed"]);
});

it("a pod with web's labels reaches backend, so a policy stopped the one before", async () => {
  const backend = await podAddress("backend");
  const labels = {
    "app.kubernetes.io/name": "keepsake",
    "app.kubernetes.io/component": "web",
  };
  expect(await reach("like-web", labels, [[backend, 8081]])).toEqual(["open"]);
});

it("backend reaches neither the API server, nor the metadata address, nor web", async () => {
  const backend = await readyPod("backend");
  const program = tries([
    [await apiServer(), 443],
    ["169.254.169.254", 80],
    [await podAddress("web"), 8080],
  ]);
  const results = await kubectl(
    "exec",
    backend.name,
    "--",
    "node",
    "-e",
    program,
  );
  expect(results).toBe("closed closed closed");
});

it("the ingress reaches the API server, so a policy stopped backend", async () => {
  const labels = {
    "app.kubernetes.io/name": "keepsake",
    "app.kubernetes.io/component": "ingress",
  };
  const results = await reach("like-ingress", labels, [
    [await apiServer(), 443],
  ]);
  expect(results).toEqual(["open"]);
});

it("a foreign pod reads Keepsake's claims, and cannot write to them", async () => {
  await expect(thief(false)).rejects.toThrow(
    "Only backend, sweep, preflight may write to the claim records",
  );
  await expect(thief(true)).resolves.toContain("thief created");
});
