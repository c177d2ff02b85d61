import { z } from "zod";
import { accessPoint, fileSystemId, quantity } from "./fields";

const size = quantity
  .default("20Gi")
  .describe("requested by the claims; EFS ignores it and grows on demand");

const mountOptions = z
  .array(z.string())
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
