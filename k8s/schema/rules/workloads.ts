import { z } from "zod";
import { bytes } from "../../quantities";
import { podsOrPercent } from "../fields";
import { type Fault, rule } from "./rule";

const workload = z.object({
  replicas: z.object({ min: z.int(), max: z.int() }),
  maxUnavailable: podsOrPercent.default("25%"),
});

/** As Kubernetes computes it: a share is rounded up. */
const evictable = (maxUnavailable: number | string, pods: number) =>
  typeof maxUnavailable === "number"
    ? maxUnavailable
    : Math.ceil((Number.parseInt(maxUnavailable, 10) / 100) * pods);

/** The smallest number of pods of which an eviction leaves one. */
function smallest(maxUnavailable: number | string): number {
  let pods = 2;
  while (evictable(maxUnavailable, pods) >= pods) pods += 1;
  return pods;
}

const workloadRule = (name: "web" | "backend") =>
  rule(z.object({ [name]: workload }), (environment) => {
    const { replicas, maxUnavailable } = environment[name] as z.output<
      typeof workload
    >;
    const faults: Fault[] = [];
    const isAccepted = maxUnavailable === "100%";
    if (
      !isAccepted &&
      evictable(maxUnavailable, replicas.min) >= replicas.min
    ) {
      faults.push({
        path: `${name}.replicas.min`,
        value: replicas.min,
        message:
          `must exceed the pods that ${name}.maxUnavailable (${maxUnavailable}) allows to be evicted at once, or the drain of a node leaves none. ` +
          `Set it to ${smallest(maxUnavailable)} or more, or ${name}.maxUnavailable to "100%" to accept the interruption`,
      });
    }
    if (replicas.max < replicas.min) {
      faults.push({
        path: `${name}.replicas.max`,
        value: replicas.max,
        message: `must be at least ${name}.replicas.min (${replicas.min})`,
      });
    }
    return faults;
  });

const memoryFits = (name: "web" | "backend") =>
  rule(
    z.object({
      [name]: z.object({
        resources: z.object({ memory: z.string(), memoryLimit: z.string() }),
      }),
    }),
    (environment) => {
      const { memory, memoryLimit } = environment[name]!.resources;
      if (!(bytes(memory) > bytes(memoryLimit))) return [];
      return [
        {
          path: `${name}.resources.memoryLimit`,
          value: memoryLimit,
          message: `must be at least ${name}.resources.memory (${memory})`,
        },
      ];
    },
  );

const mountsHaveVolumes = (name: "web" | "backend") =>
  rule(
    z.object({
      [name]: z.object({
        volumes: z.array(z.object({ name: z.string() })).default([]),
        volumeMounts: z.array(z.object({ name: z.string() })),
      }),
    }),
    (environment) => {
      const { volumes, volumeMounts } = environment[name]!;
      const known = new Set(volumes.map((volume) => volume.name));
      return volumeMounts.flatMap((mount, index) =>
        known.has(mount.name)
          ? []
          : [
              {
                path: `${name}.volumeMounts.${index}.name`,
                value: mount.name,
                message: `must be the name of a volume in ${name}.volumes`,
              },
            ],
      );
    },
  );

const pinnedImageHasDigest = rule(
  z.object({
    image: z
      .string()
      .regex(/:[^/@]+$/)
      .refine((name) => !name.includes("@")),
    pinnedImages: z.literal(true).default(true),
  }),
  ({ image }) => [
    {
      path: "image",
      value: image,
      message:
        "must be named by its digest, name@sha256:…, where pinnedImages is true: the namespace would reject it. " +
        "Set the digest, or set pinnedImages to false",
    },
  ],
);

export const workloadRules = [
  pinnedImageHasDigest,
  workloadRule("web"),
  workloadRule("backend"),
  mountsHaveVolumes("web"),
  mountsHaveVolumes("backend"),
  memoryFits("web"),
  memoryFits("backend"),
];
