import { App } from "cdk8s";
import { Keepsake } from "../../k8s/keepsake";
import eks from "../../k8s/environments/eks";
import {
  type ApiServer,
  describeWithApiServer,
  startApiServer,
} from "./support/api-server";
import { installDefinitions } from "./support/crds";
import {
  field,
  find,
  type Manifest,
  parseManifests,
} from "./support/manifests";
import { podsOfTemplates } from "./support/pods";
import { secondApp } from "./support/second-app";
import { allows, type Endpoint } from "./support/traffic";

const NAMESPACES = ["support-chat", "lab-chat"];
const PORTS = [8000, 8080, 8081, 9090, 9091, 443, 80];

/** A pod of every template, each with a private address outside of the load balancer's subnets. */
const endpointsOf = (objects: Manifest[], namespace: string): Endpoint[] =>
  podsOfTemplates(objects)
    .filter(({ metadata }) => metadata.namespace === namespace)
    .map(({ metadata }, index) => ({
      namespace,
      labels: metadata.labels ?? {},
      address: `10.42.${NAMESPACES.indexOf(namespace)}.${index + 1}`,
    }));

const component = ({ labels }: Endpoint) =>
  labels["app.kubernetes.io/component"];

describe("the construct in another app", () => {
  let objects: Manifest[];
  beforeAll(() => {
    objects = parseManifests(secondApp().app.synthYaml());
  });

  test("each Keepsake tells its namespace to the app around it", () => {
    const { keepsakes } = secondApp();
    expect(keepsakes.map(({ namespace }) => namespace)).toEqual(NAMESPACES);
  });

  test("two Keepsakes of one app share no object", () => {
    const keys = objects.map(
      ({ apiVersion, kind, metadata }) =>
        `${apiVersion.split("/")[0]} ${kind} ${metadata.namespace ?? ""} ${metadata.name}`,
    );
    expect(keys.toSorted()).toEqual([...new Set(keys)].toSorted());
  });

  test("every object outside of namespaces is named after the namespace of its Keepsake", () => {
    const names = objects
      .filter(({ metadata }) => metadata.namespace === undefined)
      .map(({ metadata }) => metadata.name);
    expect(names.length).toBeGreaterThan(15);
    expect(
      names.filter(
        (name) => !NAMESPACES.some((namespace) => name.startsWith(namespace)),
      ),
    ).toEqual([]);
  });

  test("the surrounding chart adds neither its namespace nor its labels", () => {
    const web = objects.find(
      ({ kind, metadata }) =>
        kind === "Deployment" && metadata.namespace === "support-chat",
    );
    expect(web?.metadata.labels).not.toHaveProperty("team");
    expect(
      objects
        .filter(({ metadata }) => metadata.namespace === "default")
        .map(({ metadata }) => metadata.name),
    ).toEqual(["contacts"]);
  });

  test("a Keepsake uses the Secret that its props name", () => {
    const secrets = objects
      .filter(({ kind }) => kind === "Deployment")
      .filter(({ metadata }) => metadata.namespace === "support-chat")
      .map((object) =>
        field(object, "spec.template.spec.volumes.2.secret.secretName"),
      );
    expect(secrets).toEqual(["support-chat", "support-chat"]);
  });

  test("pods of one Keepsake reach each other", () => {
    for (const namespace of NAMESPACES) {
      const pods = endpointsOf(objects, namespace);
      const web = pods.find((pod) => component(pod) === "web")!;
      const backend = pods.find((pod) => component(pod) === "backend")!;
      expect(allows(objects, web, backend, 8081)).toBe(true);
      expect(allows(objects, backend, web, 8080)).toBe(false);
    }
  });

  test("no pod of one Keepsake reaches a pod of another", () => {
    const [ours, theirs] = NAMESPACES.map((namespace) =>
      endpointsOf(objects, namespace),
    );
    const open = [
      ...ours!.flatMap((from) => theirs!.map((to) => [from, to] as const)),
      ...theirs!.flatMap((from) => ours!.map((to) => [from, to] as const)),
    ].flatMap(([from, to]) =>
      PORTS.filter((port) => allows(objects, from, to, port)).map(
        (port) =>
          `${from.namespace}/${component(from)} to ${to.namespace}/${component(to)}:${port}`,
      ),
    );
    expect(ours!.length).toBeGreaterThanOrEqual(4);
    expect(theirs!.length).toBeGreaterThanOrEqual(5);
    expect(open).toEqual([]);
  });

  test("faulty props are rejected with the names of their fields", () => {
    expect(
      () => new Keepsake(new App(), "chat", { ...eks, drainSeconds: 0 }),
    ).toThrow("drainSeconds 0 must be a whole number of seconds");
  });

  test("two Keepsakes can't share a namespace", () => {
    const app = new App();
    const first = new Keepsake(app, "first", eks);
    expect(first.namespace).toBe("keepsake");
    expect(() => new Keepsake(app, "second", eks)).toThrow(
      "second and first can't share the namespace keepsake: the names of their objects would be the same. Give each a namespace of its own.",
    );
  });
});

describeWithApiServer(
  "the construct in another app, on a real API server",
  () => {
    let server: ApiServer;
    beforeAll(async () => {
      server = await startApiServer();
      await installDefinitions(server);
    });
    afterAll(() => server.stop());

    test("the API server accepts an app with two Keepsakes, in the order of the output", async () => {
      const text = secondApp().app.synthYaml();
      const apply = ["apply", "--server-side", "--validate=strict", "-f", "-"];
      expect(await server.kubectl(apply, text)).toMatchObject({
        code: 0,
        stderr: "",
      });
      const stored = await server.must([
        "get",
        "deployments",
        "-A",
        "-o",
        "name",
      ]);
      expect(stored.trim().split("\n")).toHaveLength(5);
      expect(find(parseManifests(text), "Deployment", "traefik")).toBeDefined();
    });
  },
);
