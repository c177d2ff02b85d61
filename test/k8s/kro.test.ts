import { parseEnvironment } from "../../k8s/schema/read-environment";
import { manifests } from "../../k8s/keepsake";
import { kroBase, kroDefinition } from "../../k8s/kro/definition";
import {
  type ApiServer,
  MAKE_SECRET,
  startApiServer,
} from "./support/api-server";
import { installDefinitions } from "./support/crds";
import { describeWithKro, startKro, until } from "./support/kro";
import { field, type Manifest, parseManifests } from "./support/manifests";

const SERVER_SIDE = ["apply", "--server-side", "--validate=strict", "-f", "-"];

interface Spec {
  image: string;
  drainSeconds?: number;
  logLevel?: string;
  storage: { sessions: string; records: string };
  web?: { min?: number; max?: number };
  [field: string]: unknown;
}

const spec: Spec = {
  image: `registry.example.com/keepsake@sha256:${"c".repeat(64)}`,
  host: "talk.example.org",
  certificateArn:
    "arn:aws:acm:eu-west-1:999988887777:certificate/fedcba98-7654-3210-fedc-ba9876543210",
  loadBalancerCidr: "10.7.0.0/16",
  storage: {
    sessions: "fs-0aaaaaaaaaaaaaaaa::fsap-0bbbbbbbbbbbbbbbb",
    records: "fs-0aaaaaaaaaaaaaaaa::fsap-0cccccccccccccccc",
  },
  models: { region: "eu-west-1", names: ["eu.amazon.nova-lite-v1:0", "other"] },
};

const keepsake = (given: Spec = spec, name = "keepsake") =>
  JSON.stringify({
    apiVersion: "kro.run/v1alpha1",
    kind: "Keepsake",
    metadata: { name, namespace: "keepsake" },
    spec: given,
  });

/** The plain manifests of the environment that says the same as a Keepsake's fields. */
async function plain(given: Spec): Promise<string> {
  const base = await kroBase();
  const { host, certificateArn, loadBalancerCidr, models, web, backend } =
    given as Record<string, Record<string, unknown>>;
  return manifests(
    parseEnvironment({
      ...base,
      image: given.image,
      drainSeconds: given.drainSeconds ?? 30,
      logLevel: given.logLevel ?? "info",
      storage: { kind: "efs", ...given.storage },
      models: {
        ...base.models,
        region: models?.["region"],
        models: models?.["names"],
      },
      ingress: {
        ...base.ingress,
        host,
        certificateArn,
        subnetCidrs: [loadBalancerCidr],
      },
      web: sized(base.web, web),
      backend: sized(base.backend, backend),
    }),
  );
}

function sized(base: object, given: { min?: unknown; max?: unknown } = {}) {
  const { min = 3, max = 20 } = given;
  return { ...base, minAvailable: Number(min) - 1, replicas: { min, max } };
}

const sizes: [string, Spec][] = [
  ["its defaults", spec],
  [
    "every field changed",
    {
      ...spec,
      image: `registry.example.com/keepsake@sha256:${"d".repeat(64)}`,
      host: "chat.example.net",
      loadBalancerCidr: "10.9.0.0/16",
      models: { region: "us-east-1", names: ["us.amazon.nova-pro-v1:0"] },
      drainSeconds: 700,
      logLevel: "debug",
      web: { min: 4, max: 50 },
      backend: { min: 2, max: 7 },
    },
  ],
  ["no drain at all", { ...spec, drainSeconds: 0 }],
  ["a drain that is no multiple of three", { ...spec, drainSeconds: 31 }],
  ["the longest drain", { ...spec, drainSeconds: 1_780 }],
];

describeWithKro("kind: Keepsake, by the real controller of kro", () => {
  let server: ApiServer;
  let kro: Awaited<ReturnType<typeof startKro>>;

  beforeAll(async () => {
    server = await startApiServer();
    await installDefinitions(server);
    kro = await startKro(server);
    await server.must(SERVER_SIDE, kroDefinition(await kroBase()));
  });
  afterAll(async () => {
    await kro.stop();
    await server.stop();
  });

  test("has a definition that becomes active", async () => {
    const state = await until(async () => {
      const definition = await get(server, "resourcegraphdefinition/keepsake");
      return field(definition, "status.state") === "Active"
        ? "Active"
        : undefined;
    });
    expect(state).toBe("Active");
    const [namespace] = parseManifests(await plain(spec));
    await server.must(SERVER_SIDE, JSON.stringify(namespace));
    await until(async () => {
      const { code } = await server.kubectl(["get", "keepsakes", "-A"]);
      return code === 0 ? true : undefined;
    });
  });

  test.each(wrong())(
    "refuses %s, and says what to do",
    async (_, changes, message) => {
      const name = (changes as { name?: string }).name;
      const text = keepsake({ ...spec, ...changes, name: undefined }, name);
      const { code, stderr } = await until(async () => {
        const outcome = await server.kubectl(
          ["create", "--dry-run=server", "-f", "-"],
          text,
        );
        // The policy comes into force a moment after the definition.
        return outcome.code === 0 ? undefined : outcome;
      });
      expect(code).toBe(1);
      expect(stderr).toContain(message);
    },
  );

  describe.each(sizes)("with %s", (_, given) => {
    let expected: Manifest[];

    test("makes the same objects as the plain manifests", async () => {
      const text = await plain(given);
      expected = parseManifests(text)
        .filter(({ kind }) => kind !== "Namespace")
        .map(managedByKro);
      await server.must(
        ["apply", "--server-side", "--force-conflicts", "-f", "-"],
        keepsake(given),
      );
      await until(async () => {
        for (const object of expected) {
          expect(await stated(server, object)).toEqual(object);
        }
        return true;
      });
      expect(expected.length).toBeGreaterThan(30);
    });

    test("makes no object beside them", async () => {
      const names = expected.map(nameOf).toSorted();
      const found = await until(async () => {
        const all = await made(server);
        return all.length === names.length ? all : undefined;
      });
      expect(found).toEqual(names);
    });
  });

  test("tells its address, its ready pods and where its files are", async () => {
    await patchStatus("deployment/web", { readyReplicas: 3, replicas: 3 });
    await patchStatus("deployment/backend", {
      readyReplicas: 2,
      replicas: 2,
    });
    await patchStatus("ingress/web", {
      loadBalancer: { ingress: [{ hostname: "keepsake.elb.example.com" }] },
    });
    await until(async () => {
      expect(
        field(await get(server, "keepsake/keepsake"), "status"),
      ).toMatchObject({
        address: "keepsake.elb.example.com",
        readyPods: { web: 3, backend: 2 },
        fileSystem: spec.storage.records,
      });
      return true;
    });
    const table = await server.must(["get", "keepsakes", "-n", "keepsake"]);
    expect(table).toMatch(/ADDRESS\s+WEB\s+BACKEND/);
  });

  test("deletes no data when it is deleted", async () => {
    await server.must(MAKE_SECRET);
    const before = await get(server, "pv/keepsake-records");
    expect(field(before, "spec.persistentVolumeReclaimPolicy")).toBe("Retain");
    await server.must([
      "delete",
      "keepsake",
      "keepsake",
      "-n",
      "keepsake",
      "--wait=false",
    ]);
    await until(async () => {
      const { code } = await server.kubectl([
        "get",
        "deployment/web",
        "-n",
        "keepsake",
      ]);
      return code === 0 ? undefined : true;
    });
    await server.must([
      "get",
      "namespace/keepsake",
      "secret/keepsake",
      "-n",
      "keepsake",
    ]);
    const left = parseManifests(await plain(spec)).map(({ kind }) => kind);
    // Nothing of Amazon's own is among the objects, so that nothing of it can be deleted with them.
    expect(left).not.toContain("FileSystem");
  });

  const patchStatus = (object: string, status: object) =>
    server.must([
      "patch",
      object,
      "-n",
      "keepsake",
      "--subresource=status",
      "--type=merge",
      "-p",
      JSON.stringify({ status }),
    ]);
});

function wrong(): [string, object, string][] {
  return [
    [
      "an image with a tag",
      { image: "keepsake:1" },
      "spec.image must be named by its digest, name@sha256:…, since a tag can be moved to another image.",
    ],
    [
      "a file system without an access point",
      { storage: { ...spec.storage, sessions: "fs-0aaaaaaaaaaaaaaaa" } },
      "spec.storage.sessions must be a file system and its access point",
    ],
    [
      "one access point for both",
      {
        storage: {
          sessions: spec.storage.records,
          records: spec.storage.records,
        },
      },
      "spec.storage.records must be another access point than spec.storage.sessions",
    ],
    [
      "a host with a scheme",
      { host: "https://chat.example.com" },
      "spec.host must be a host name in lower case",
    ],
    [
      "a certificate that is none",
      { certificateArn: "mine" },
      "spec.certificateArn must be the ARN of a certificate in ACM",
    ],
    [
      "an address block that is none",
      { loadBalancerCidr: "10.0.0.0" },
      "spec.loadBalancerCidr must be an address block",
    ],
    [
      "one pod of web",
      { web: { min: 1 } },
      "spec.web.min must be 2 or more, or no pod may ever be evicted and a node's drain never ends.",
    ],
    [
      "fewer pods at most than at least",
      { web: { min: 9, max: 3 } },
      "spec.web.max must exceed spec.web.min: autoscaling needs room.",
    ],
    [
      "a model that is two",
      { models: { region: "eu-west-1", names: ["a,b"] } },
      "spec.models.names must be the ids of models, one an item.",
    ],
    [
      "no model",
      { models: { region: "eu-west-1", names: [] } },
      "spec.models.names in body should have at least 1 items",
    ],
    [
      "a drain that is too long",
      { drainSeconds: 1_781 },
      "spec.drainSeconds in body should be less than or equal to 1780",
    ],
    [
      "a level of the log that there isn't",
      { logLevel: "loud" },
      'supported values: "fatal", "error", "warn", "info", "debug", "trace"',
    ],
    ["no image", { image: undefined }, "spec.image: Required value"],
    ["an unknown field", { replicas: 3 }, 'unknown field "spec.replicas"'],
    [
      "a second one in its namespace",
      { name: "another" },
      'metadata.name must be "keepsake": a namespace holds one.',
    ],
  ];
}

/** The one label that kro sets itself, and rightly so. */
const managedByKro = (object: Manifest): Manifest => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: {
      ...object.metadata.labels,
      "app.kubernetes.io/managed-by": "kro",
    },
  },
});

const nameOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`;

async function get(server: ApiServer, object: string): Promise<unknown> {
  return JSON.parse(
    await server.must(["get", object, "-n", "keepsake", "-o", "json"]),
  );
}

/** The live object, cut down to the fields that the plain manifest states. */
async function stated(server: ApiServer, object: Manifest): Promise<unknown> {
  const name = `${resourceOf(object)}/${object.metadata.name}`;
  return cutDown(await get(server, name), object);
}

/** How kubectl names an object's kind, when several groups have one of that name. */
function resourceOf({ apiVersion, kind }: Manifest): string {
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  return (kind + group).toLowerCase();
}

function cutDown(live: unknown, like: unknown): unknown {
  if (Array.isArray(like) && Array.isArray(live)) {
    return live.map((item: unknown, index) =>
      cutDown(item, like[index] as unknown),
    );
  }
  if (
    typeof like !== "object" ||
    like === null ||
    typeof live !== "object" ||
    live === null
  ) {
    return live;
  }
  return Object.fromEntries(
    Object.entries(like)
      .filter(([key]) => key in live)
      .map(([key, value]) => [
        key,
        cutDown((live as Record<string, unknown>)[key], value),
      ]),
  );
}

/** The names of all objects that kro made for the Keepsake, of the kinds that it could make. */
async function made(server: ApiServer): Promise<string[]> {
  const definition = await get(server, "resourcegraphdefinition/keepsake");
  const resources = field(definition, "spec.resources") as {
    template: Manifest;
  }[];
  const kinds = new Set(resources.map(({ template }) => resourceOf(template)));
  const list = await server.must([
    "get",
    [...kinds].join(","),
    "-A",
    "-l",
    "kro.run/instance-name=keepsake",
    "-o",
    "json",
  ]);
  const { items } = JSON.parse(list) as { items: Manifest[] };
  return items.map(nameOf).toSorted();
}
