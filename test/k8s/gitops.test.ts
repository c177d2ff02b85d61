import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { temporaryFolders } from "../support/temporary-folder";
import {
  type ApiServer,
  describeWithApiServer,
  startApiServer,
} from "./support/api-server";
import { installDefinitions } from "./support/crds";
import { field, find, parseManifests, textOf } from "./support/manifests";

const PAGE = path.join(__dirname, "../../docs/gitops.md");

/** The example of a kustomization.yaml in docs/gitops.md. */
async function kustomization(): Promise<string> {
  const [, text] =
    /^```yaml\n(# mine\/kustomization\.yaml\n.*?)^```/ms.exec(
      await readFile(PAGE, "utf8"),
    ) ?? [];
  if (text === undefined) throw new Error("docs/gitops.md has no example");
  return text;
}

describeWithApiServer("docs/gitops.md on a real API server", () => {
  const newFolder = temporaryFolders();
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer();
    await installDefinitions(server);
  });
  afterAll(() => server.stop());

  test("the page's patches keep settings and selectors, and the API server accepts the result", async () => {
    const folder = await newFolder();
    await writeFile(
      path.join(folder, "keepsake.k8s.yaml"),
      await textOf("eks"),
    );
    await writeFile(
      path.join(folder, "kustomization.yaml"),
      await kustomization(),
    );
    const objects = parseManifests(await server.must(["kustomize", folder]));
    const settings = objects.filter(({ metadata }) =>
      /^(web|backend)-[0-9a-f]{10}$/.test(metadata.name),
    );
    expect(settings.map(({ metadata }) => metadata.annotations)).toEqual([
      { "kustomize.toolkit.fluxcd.io/prune": "disabled" },
      { "kustomize.toolkit.fluxcd.io/prune": "disabled" },
    ]);
    const web = find(objects, "Deployment", "web");
    expect(web.metadata.labels).toMatchObject({
      "example.com/cost-center": "4711",
    });
    expect(field(web, "spec.selector.matchLabels")).toEqual({
      "app.kubernetes.io/name": "keepsake",
      "app.kubernetes.io/component": "web",
    });
    const apply = ["apply", "--server-side", "--validate=strict", "-k", folder];
    expect(await server.kubectl(apply)).toMatchObject({ code: 0, stderr: "" });
  });
});
