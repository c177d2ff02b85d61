import { z } from "zod";
import { bytes } from "../../quantities";
import { type Fault, rule } from "./rule";

const workload = z.object({
  replicas: z.object({ min: z.int(), max: z.int() }),
  minAvailable: z.int(),
});

const workloadRule = (name: "web" | "backend") =>
  rule(z.object({ [name]: workload }), (environment) => {
    const { replicas, minAvailable } = environment[name] as z.output<
      typeof workload
    >;
    const faults: Fault[] = [];
    if (replicas.min <= minAvailable) {
      faults.push({
        path: `${name}.replicas.min`,
        value: replicas.min,
        message:
          `must exceed ${name}.minAvailable (${minAvailable}), or no pod can be evicted and the drain of a node never ends. ` +
          `Set it to ${minAvailable + 1} or more`,
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
  memoryFits("web"),
  memoryFits("backend"),
];
