import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { environmentNames } from "../../k8s/schema/read-environment";
import { temporaryFolders } from "../support/temporary-folder";
import {
  type ApiServer,
  describeWithApiServer,
  START_MS,
  startApiServer,
} from "./support/api-server";
import { installDefinitions } from "./support/crds";
import { describeWithGo } from "./support/go";
import { EKS_IN_FULL } from "./support/manifests";
import { NEEDS, textOfAny as textOf } from "./support/needs";
import { SCHEMA_NAME, writeSchemas } from "./support/schemas";

const run = promisify(execFile);
const install = path.join(
  __dirname,
  "../../scripts/support/install-manifest-linters",
);

/** Checks of kube-score that the manifests deviate from, with reasons. */
const EXCEPTIONS: Record<string, string> = {
  "container-image-pull-policy":
    "it wants Always; images are named by their digest, which never changes, and on kind they are loaded, so that there is nothing to pull",
  "container-security-context-user-group-id":
    "it wants ids above 10000; 1000 is the image's own user `node`, whom EFS' access points map everyone to",
  "container-resources":
    "it wants a limit on the processor, which would stall every stream of a pod for a burst of one; memory has its limit, and all have requests",
  "deployment-has-host-podantiaffinity":
    "it doesn't know topologySpreadConstraints, which spread the pods of a version over nodes",
};

/** Exceptions for Traefik on kind, the substitute for a load balancer. */
const EXCEPTIONS_ON_KIND: Record<string, string> = {
  "deployment-replicas": "one Traefik is enough to try out",
  "service-type": "a node port is how a browser on this machine gets in",
};

interface Score {
  object_name: string;
  checks: {
    check: { id: string };
    grade: number;
    skipped: boolean;
    comments: { summary: string }[] | null;
  }[];
}

/** kube-score's grade for a check without any remark. */
const ALL_OK = 10;

describeWithGo(describeWithApiServer, "a linter of manifests", () => {
  const newFolder = temporaryFolders();
  let tools: string;
  let schemas: string;
  let server: ApiServer;

  beforeAll(async () => {
    tools = (await run(install)).stdout.trim();
    server = await startApiServer();
    await installDefinitions(server);
    schemas = await newFolder();
    await writeSchemas(server, schemas);
  }, 10 * START_MS);
  afterAll(() => server.stop());

  const fileOf = async (text: string) => {
    const file = path.join(await newFolder(), "manifests.yaml");
    await writeFile(file, text);
    return file;
  };

  /** Its output, also if it finds an error. */
  const kubeconform = async (text: string): Promise<string> => {
    const location = `${schemas}/${SCHEMA_NAME}`;
    const flags = ["-strict", "-summary", "-schema-location", location];
    const { stdout } = await run(path.join(tools, "kubeconform"), [
      ...flags,
      await fileOf(text),
    ]).catch((error: { stdout: string }) => error);
    return stdout;
  };

  test.each([
    ...environmentNames(),
    EKS_IN_FULL,
    ...NEEDS.map(({ name }) => name),
  ])(
    "kubeconform finds every object of %s valid, against the API server's own schemas",
    async (name) => {
      const text = await textOf(name);
      const said = await kubeconform(text);
      const count = text.split(/^---$/m).length;
      expect(said.trim()).toBe(
        `Summary: ${count} resources found in 1 file - Valid: ${count}, Invalid: 0, Errors: 0, Skipped: 0`,
      );
    },
  );

  test("kubeconform reports a field that doesn't exist", async () => {
    const text = await textOf("kind");
    const planted = text.replace(
      "revisionHistoryLimit:",
      "revisionHistoryLimits:",
    );
    expect(await kubeconform(planted)).toContain("revisionHistoryLimits");
  });

  test.each(environmentNames())(
    "kube-score finds nothing in %s but the explained exceptions",
    async (name) => {
      const text = await textOf(name);
      const found = await scores(await fileOf(text));
      const explained = {
        ...EXCEPTIONS,
        ...(name === "kind" ? EXCEPTIONS_ON_KIND : {}),
      };
      expect(found.filter(({ id }) => !(id in explained))).toEqual([]);
      // Unused exceptions must be removed.
      const needed = new Set(found.map(({ id }) => id));
      expect(Object.keys(explained).filter((id) => !needed.has(id))).toEqual(
        [],
      );
    },
  );

  async function scores(file: string) {
    const { stdout } = await run(
      path.join(tools, "kube-score"),
      ["score", "--output-format", "json", "--exit-one-on-warning", file],
      { maxBuffer: 2 ** 26 },
    ).catch((error: { stdout: string }) => error);
    return (JSON.parse(stdout) as Score[]).flatMap(({ object_name, checks }) =>
      checks
        .filter(({ grade, skipped: isSkipped }) => !isSkipped && grade < ALL_OK)
        .map(({ check, comments }) => ({
          id: check.id,
          object: object_name,
          comments: (comments ?? []).map(({ summary }) => summary),
        })),
    );
  }
});
