import type { RecordFolders } from "../core/storage/layout/record-folders";
import type { StorageContext } from "../core/storage/storage-context";
import { OwnerIndex } from "./owner-index/owner-index";
import { ConversationSettings } from "./conversations/conversation-settings";
import { Projects } from "./projects/projects";

export interface RecordsDeps {
  files: StorageContext;
  folders: RecordFolders;
  now: () => Date;
}

export function createRecords(deps: RecordsDeps) {
  const { files, folders } = deps;
  const ownerIndex = new OwnerIndex(files, folders);
  const settings = new ConversationSettings(files, folders, ownerIndex);
  const projects = new Projects({ ...deps, ownerIndex });
  return { ...deps, ownerIndex, settings, projects };
}
