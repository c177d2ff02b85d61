import { z } from "zod";

/** A fault of an environment, with its remedy. */
export interface Fault {
  path: string;
  value?: unknown;
  message: string;
}

export type Rule = (environment: unknown) => Fault[];

/** A rule between several fields. It parses only these, so faults elsewhere don't hide its own. */
export function rule<S extends z.ZodType>(
  needs: S,
  check: (value: z.output<S>) => Fault[],
): Rule {
  return (environment) => {
    const result = needs.safeParse(environment);
    return result.success ? check(result.data) : [];
  };
}

/** An ingress with an AWS load balancer. */
export const balanced = z.object({ kind: z.enum(["alb", "eks-auto"]) });
