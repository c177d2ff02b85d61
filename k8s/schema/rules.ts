import { drainRules } from "./rules/drain";
import { ingressRules } from "./rules/ingress";
import { modelRules } from "./rules/models";
import type { Fault, Rule } from "./rules/rule";
import { storageRules } from "./rules/storage";
import { workloadRules } from "./rules/workloads";

const rules: Rule[] = [
  ...drainRules,
  ...workloadRules,
  ...storageRules,
  ...ingressRules,
  ...modelRules,
];

/** Faults between fields that are each valid alone. */
export function brokenRules(environment: unknown): Fault[] {
  return rules.flatMap((check) => check(environment));
}
