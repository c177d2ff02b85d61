import type { RecordFolders } from "../core/storage/layout/record-folders";
import type { Files } from "../core/storage/storage-context";
import { Activity } from "./owner-index/owner-index";
import { ConversationSettings } from "./conversations/conversation-settings";
import { Projects } from "./projects/projects";

export interface RecordsGiven {
  files: Files;
  folders: RecordFolders;
  now: () => Date;
}

/** The records on which all else is built, and where they lie. */
export function createRecords(given: RecordsGiven) {
  const { files, folders } = given;
  const activity = new Activity(files, folders);
  const settings = new ConversationSettings(files, folders, activity);
  const projects = new Projects({ ...given, activity });
  return { ...given, activity, settings, projects };
}
