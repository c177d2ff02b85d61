import { z } from "zod";
import { FileRef, Id } from "../domain/records";
import { empty, none } from "./inputs";
import { operation } from "./operation";

/** Uploads and downloads, which are streams, are described in `describe-files.ts`. */
export const fileOperations = {
  describeUpload: operation({
    method: "get",
    path: "/v1/files/{file}",
    tag: "Files",
    summary: "Describes an uploaded file that was not sent with a message",
    params: z.object({ file: Id }),
    query: none,
    body: empty,
    status: 200,
    answer: FileRef,
    errors: [404],
    repeatable: "always",
  }),
  discardFile: operation({
    method: "delete",
    path: "/v1/files/{file}",
    tag: "Files",
    summary: "Deletes an uploaded file that was not sent with a message",
    params: z.object({ file: Id }),
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [],
    repeatable: "always",
  }),
};

/** Headers of uploads. */
export const FILE_NAME_HEADER = "keepsake-file-name";
/** Header of downloads: the file as messages refer to it, as JSON, percent-encoded. */
export const FILE_HEADER = "keepsake-file";
