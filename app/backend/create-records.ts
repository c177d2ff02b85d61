import type { RecordFolders } from "../core/storage/layout/record-folders";
import type { StorageContext } from "../core/storage/storage-context";
import { OwnerIndex } from "./owner-index/owner-index";
import { FileStore } from "./files/file-store";
import { Inspection } from "./files/inspect";
import { PdfReader } from "./files/pdf/read-pdf";
import { ConversationSettings } from "./conversations/conversation-settings";
import { OwnerSettings } from "./owners/owner-settings";
import { Projects } from "./projects/projects";

export interface RecordsDeps {
  files: StorageContext;
  folders: RecordFolders;
  now: () => Date;
  pdfs?: Pick<PdfReader, "read"> | undefined;
}

export function createRecords(deps: RecordsDeps) {
  const { files, folders, now, pdfs = new PdfReader() } = deps;
  const ownerIndex = new OwnerIndex(files, folders);
  const settings = new ConversationSettings(files, folders, ownerIndex);
  const projects = new Projects({ ...deps, ownerIndex });
  const ownerSettings = new OwnerSettings(files, folders);
  const fileStore = new FileStore({
    fileSystem: files.fileSystem,
    folders,
    now,
    inspect: (name) => new Inspection(name, pdfs),
  });
  return {
    files,
    folders,
    now,
    ownerIndex,
    ownerSettings,
    settings,
    projects,
    fileStore,
  };
}
