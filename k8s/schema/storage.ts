import { z } from "zod";
import { accessPoint, fileSystemId, quantity } from "./fields";

const size = quantity
  .default("20Gi")
  .describe("what the claims ask for; EFS grows by itself and ignores it");

const mountOptions = z
  .array(z.string())
  .default([])
  .describe("mount options beside tls and iam, which are always given");

export const storage = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("host"),
      path: z
        .string()
        .regex(/^\/[^\s]+$/, "must be an absolute path that every node shares")
        .describe(
          "a directory that all nodes share, with `sessions` and `records` in it, owned by 1000:1000",
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
