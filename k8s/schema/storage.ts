import { z } from "zod";
import { accessPoint, fileSystemId, quantity } from "./fields";

const size = quantity
  .default("20Gi")
  .describe("requested by the claims; EFS ignores it and grows on demand");

/** Options that are set elsewhere, and what sets them. */
const SET_ELSEWHERE: Record<string, string> = {
  tls: "the driver always adds it, and deprecates it here",
  iam: "the charts set it",
  accesspoint: "name the access point in storage.sessions and storage.records",
};

const mountOption = z
  .string()
  .regex(/^[^\s,]+$/, "must be one mount option, without spaces and commas")
  .superRefine((option, context) => {
    const why = SET_ELSEWHERE[option.split("=")[0]!];
    if (why === undefined) return;
    context.addIssue({
      code: "custom",
      message: `can't be set here: ${why}. Remove it`,
    });
  });

const mountOptions = z
  .array(mountOption)
  .default([])
  .describe("mount options in addition to iam; the driver always adds tls");

export const storage = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("host"),
      path: z
        .string()
        .regex(/^\/[^\s]+$/, "must be an absolute path that every node shares")
        .describe(
          "a directory that all nodes share, with subdirectories `sessions` and `records` owned by 1000:1000",
        ),
      size,
    }),
    z.strictObject({
      kind: z.literal("efs"),
      sessions: accessPoint,
      records: accessPoint,
      mountOptions,
      size,
    }),
    z.strictObject({
      kind: z.literal("efs-dynamic"),
      fileSystem: fileSystemId,
      basePath: z
        .string()
        .regex(/^\/[^\s]*$/, "must be an absolute path on the file system")
        .default("/keepsake"),
      mountOptions,
      size,
    }),
  ],
  'must have a kind: "host", "efs" (static access points) or "efs-dynamic"',
);

export type Storage = z.output<typeof storage>;
