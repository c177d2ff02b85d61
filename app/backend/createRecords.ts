import type { RecordFolders } from "../shared/disk/recordFolders";
import type { Files } from "../shared/files/Files";
import { Activity } from "./activity/Activity";
import { ConversationSettings } from "./conversations/ConversationSettings";
import { Projects } from "./projects/Projects";

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
