import { z } from "zod";

/** Something wrong with an environment: where, and what to do. */
export interface Fault {
  path: string;
  value?: unknown;
  message: string;
}

/** Gives what is wrong, if anything. */
export type Rule = (environment: unknown) => Fault[];

/**
 * A rule between several fields. It looks at nothing but those, so that it speaks up even when
 * something else is wrong too: all faults are named at once.
 */
export function rule<S extends z.ZodType>(
  needs: S,
  check: (value: z.output<S>) => Fault[],
): Rule {
  return (environment) => {
    const result = needs.safeParse(environment);
    return result.success ? check(result.data) : [];
  };
}

/** An ingress that is a load balancer of AWS. */
export const balanced = z.object({ kind: z.enum(["alb", "eks-auto"]) });
