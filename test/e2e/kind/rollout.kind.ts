import { HttpVisitor } from "../../support/http-visitor";
import {
  eventually,
  kubectl,
  podsOf,
  restore,
  rolledOut,
  settings,
  inLongForm,
} from "./support/cluster";
import {
  CountingClient,
  expectNothingLost,
  plain,
  underLoad,
} from "./support/counting-client";

const PARTS = ["backend", "web"];

afterAll(restore);

const imagesOf = async (component: string) =>
  new Set(
    (
      await kubectl(
        "get",
        "pods",
        "-l",
        `app.kubernetes.io/component=${component}`,
        "-o",
        "jsonpath={.items[*].spec.containers[0].image}",
      )
    ).split(" "),
  );

/**
 * Rolls web and backend to a version, its image and its manifests. Traefik, the stand-in for a load
 * balancer, stays.
 */
async function changeTo(manifest: string): Promise<void> {
  const options = "--server-side --force-conflicts".split(" ");
  const but = "app.kubernetes.io/component!=ingress";
  await kubectl("apply", ...options, "-f", manifest, "-l", but);
  for (const part of PARTS) await rolledOut(part);
}

/** Rolls back only the pods, as an operator would by hand. */
async function undo(...parts: string[]): Promise<void> {
  for (const part of parts) {
    await kubectl("rollout", "undo", `deployment/${part}`);
  }
  for (const part of parts) await rolledOut(part);
}

/** Waits until no pod is terminating. */
async function drained(): Promise<void> {
  for (const part of PARTS) {
    await eventually(`the old pods of ${part} are gone`, async () =>
      (await podsOf(part)).every(({ ending }) => !ending),
    );
  }
}

/**
 * Clients with and without the ingress's cookie; in each group the replies of one outlast a pod's
 * preStop.
 */
const patient = () => [
  new CountingClient(60),
  new CountingClient(400),
  new CountingClient(40, false),
  new CountingClient(300, false),
];

inLongForm("at a restart", () => {
  it("no request fails and no character is lost while both Deployments are rolled", async () => {
    const counts = await underLoad(patient(), async () => {
      for (const part of PARTS) {
        await kubectl("rollout", "restart", `deployment/${part}`);
        await rolledOut(part);
      }
      // Terminating pods drain to the end.
      await drained();
    });
    expectNothingLost(counts);
  });
});

it("no request fails and no character is lost while a node is drained", async () => {
  const [ingress] = await podsOf("ingress");
  // The node without Traefik, which stands in for a load balancer outside of the cluster.
  const node = [
    `${settings.cluster}-worker`,
    `${settings.cluster}-worker2`,
  ].find((name) => name !== ingress?.node)!;
  try {
    const counts = await underLoad(patient(), async () => {
      await kubectl(
        "drain",
        node,
        "--ignore-daemonsets",
        "--delete-emptydir-data",
        "--timeout=240s",
      );
      expect((await podsOf("web")).some((pod) => pod.node === node)).toBe(
        false,
      );
    });
    expectNothingLost(counts);
  } finally {
    await kubectl("uncordon", node);
  }
});

it("the previous version works on the same directory, beside this version and after a rollback", async () => {
  const visitor = new HttpVisitor(settings.url);
  const address = await visitor.begin("count to 5");
  const counts = await underLoad(patient(), async () => {
    await changeTo(settings.olderManifest);
    expect(await imagesOf("web")).toContain(settings.olderImage);
    await changeTo(settings.manifest);
    expect(await imagesOf("backend")).toContain(settings.image);
    if (settings.short) return;
    await undo("backend");
    // Mixed versions: web is of this version, backend of the previous one.
    expect(await imagesOf("backend")).toContain(settings.olderImage);
    await undo("web");
    expect(await imagesOf("web")).toContain(settings.olderImage);
    await changeTo(settings.manifest);
    await drained();
  });
  expectNothingLost(counts);
  expect(plain(await visitor.read(address))).toContain("1, 2, 3, 4, 5.");
});
