import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import {
  type ApiServer,
  describeWithApiServer,
  startApiServer,
} from "./support/api-server";
import { installDefinitions } from "./support/crds";
import { textOf } from "./support/manifests";

const APPLY = ["apply", "--server-side", "--validate=strict", "-f", "-"];

/** Recorded by support/record-release.ts, one object a line. */
const RECORDS = path.join(__dirname, "last-release");

const lastRelease = (name: string) =>
  readFileSync(path.join(RECORDS, `${name}.jsonl`), "utf8")
    .trim()
    .replaceAll("\n", "\n---\n");

const recorded = readdirSync(RECORDS).map((file) => path.parse(file).name);

describeWithApiServer("an upgrade on a real API server", () => {
  describe.each(recorded)("upgrade of %s", (name) => {
    let server: ApiServer;
    beforeAll(async () => {
      server = await startApiServer();
      await installDefinitions(server);
    });
    afterAll(() => server.stop());

    test("an upgrade from the last release and back changes no immutable field", async () => {
      const before = lastRelease(name);
      for (const text of [before, await textOf(name), before]) {
        expect(await server.kubectl(APPLY, text)).toMatchObject({ code: 0 });
      }
    });
  });
});
