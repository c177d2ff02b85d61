import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import type { ConversationSettings } from "../conversations/conversation-settings";
import { WholeConversations } from "../conversations/whole-conversations";
import type { FileStore } from "../files/file-store";
import type { Models } from "../models/create-models";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { Quotas } from "../owners/quotas";
import type { Projects } from "../projects/projects";
import { ImportStore } from "./import-store";
import { ImportProjects } from "./import-projects";
import { Imports } from "./imports";
import { SaveImported } from "./save-imported";

export interface CreateImportsDeps {
  files: StorageContext;
  folders: RecordFolders;
  settings: ConversationSettings;
  ownerIndex: OwnerIndex;
  fileStore: FileStore;
  projects: Projects;
  models: Pick<Models, "find" | "standard">;
  quotas: Pick<Quotas, "assertRoom" | "bytesLeft" | "known" | "refuseBytes">;
  now: () => Date;
}

export function createImports(deps: CreateImportsDeps): Imports {
  const { files, folders } = deps;
  const whole = new WholeConversations(deps);
  return new Imports({
    ...deps,
    store: new ImportStore(files, folders),
    projects: new ImportProjects(deps.projects),
    save: new SaveImported({ ...deps, whole }),
    mutex: files.mutex,
  });
}
