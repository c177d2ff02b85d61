import { createHash } from "node:crypto";
import { z } from "zod";
import { NotFoundError } from "../../core/domain/errors";
import type { Projects } from "../projects/projects";
import { cleanInstructions, cleanTitle } from "./clean";
import { limits } from "../../core/domain/records";
import type { OpenSource } from "./import-store";

/** The projects of conversations in a file. */
export class ImportProjects {
  constructor(private readonly projects: Projects) {}

  /**
   * Finds the owner's project with an id of the file, or makes one from the file's.
   *
   * @param onCut Called if its instructions are cut.
   * @returns Its id; `null` if there is none, or it was deleted.
   */
  async find(
    ownerHash: string,
    source: OpenSource,
    id: string | undefined,
    onCut: () => void,
  ): Promise<string | null> {
    if (id === undefined) return null;
    const known = await this.projects.readIfThere(ownerHash, id);
    if (known) return known.id;
    const found = (await readHead(source)).find((one) => one.id === id);
    const name = cleanTitle(found?.name).slice(0, limits.nameLength);
    if (!found || name === "") return null;
    const instructions = cleanInstructions(found.instructions, onCut);
    return this.create(ownerHash, found, { name, instructions });
  }

  private async create(
    ownerHash: string,
    found: FoundProject,
    options: { name: string; instructions: string },
  ): Promise<string | null> {
    const hash = createHash("sha256").update(JSON.stringify(found));
    const key = `import.${hash.digest("base64url")}`;
    try {
      return (await this.projects.create(ownerHash, options, key)).id;
    } catch (error) {
      // It was imported before, and deleted permanently.
      if (error instanceof NotFoundError) return null;
      throw error;
    }
  }
}

const FoundProject = z.object({
  id: z.string(),
  name: z.string(),
  instructions: z.string().default(""),
});
type FoundProject = z.output<typeof FoundProject>;

const Head = z.object({ projects: z.array(z.unknown()) });

/** The projects in the fields before the conversations. */
async function readHead(source: OpenSource): Promise<FoundProject[]> {
  const bytes = await source.read(0, source.headBytes);
  try {
    const head = JSON.parse(`${bytes.toString()}[]}`) as unknown;
    const projects = Head.safeParse(head).data?.projects ?? [];
    return projects.flatMap((one) => FoundProject.safeParse(one).data ?? []);
  } catch {
    return [];
  }
}
