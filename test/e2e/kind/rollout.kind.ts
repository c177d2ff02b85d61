import { HttpVisitor } from "../../support/HttpVisitor";
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
  expectNothingLost,
  plain,
  underLoad,
  visitors,
} from "./support/CountingClient";

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

async function setImage(image: string): Promise<void> {
  for (const part of ["backend", "web"]) {
    await kubectl("set", "image", `deployment/${part}`, `${part}=${image}`);
  }
  for (const part of ["backend", "web"]) await rolledOut(part);
}

inLongForm("at a restart", () => {
  it("no request fails and no character is lost while both Deployments are rolled", async () => {
    const counts = await underLoad(visitors(), async () => {
      for (const part of ["web", "backend"]) {
        await kubectl("rollout", "restart", `deployment/${part}`);
        await rolledOut(part);
      }
      // Those of before drain to their end.
      for (const part of ["web", "backend"]) {
        await eventually(`the old pods of ${part} are gone`, async () =>
          (await podsOf(part)).every(({ ending }) => !ending),
        );
      }
    });
    expectNothingLost(counts);
  });
});

it("no request fails and no character is lost while a node is drained", async () => {
  const [ingress] = await podsOf("ingress");
  // The one without Traefik, which stands in for a load balancer outside of the cluster.
  const node = [
    `${settings.cluster}-worker`,
    `${settings.cluster}-worker2`,
  ].find((name) => name !== ingress?.node)!;
  try {
    const counts = await underLoad(visitors(), async () => {
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

it("the version before works on the same directory, beside this one and after a rollback", async () => {
  const visitor = new HttpVisitor(settings.url);
  const address = await visitor.begin("count to 5");
  const counts = await underLoad(visitors(), async () => {
    await setImage(settings.olderImage);
    expect(await imagesOf("web")).toContain(settings.olderImage);
    await setImage(settings.image);
    expect(await imagesOf("backend")).toContain(settings.image);
    if (settings.short) return;
    await kubectl("rollout", "undo", "deployment/backend");
    await rolledOut("backend");
    // One of each: web is of this version, backend of the one before.
    expect(await imagesOf("backend")).toContain(settings.olderImage);
    await setImage(settings.image);
  });
  expectNothingLost(counts);
  expect(plain(await visitor.read(address))).toContain("1, 2, 3, 4, 5.");
});
