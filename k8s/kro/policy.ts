import type { Chart } from "cdk8s";
import { emit } from "../constructs/emit";
import {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "../constructs/newer";
import { labels } from "../constructs/labels";
import { validations } from "./fields";

/** kro's own messages for a field that is wrong say "validation failed": this policy says what to do. */
export function addFieldsPolicy(chart: Chart): void {
  const metadata = {
    name: "keepsake-fields",
    labels: labels("keepsake", "policy"),
  };
  emit(chart, "fields", ValidatingAdmissionPolicy, {
    metadata,
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        matchPolicy: "Equivalent",
        namespaceSelector: {},
        objectSelector: {},
        resourceRules: [
          {
            apiGroups: ["kro.run"],
            apiVersions: ["v1alpha1"],
            operations: ["CREATE", "UPDATE"],
            resources: ["keepsakes"],
            scope: "Namespaced",
          },
        ],
      },
      validations: validations(),
    },
  });
  emit(chart, "fields-binding", ValidatingAdmissionPolicyBinding, {
    metadata,
    spec: { policyName: metadata.name, validationActions: ["Deny"] },
  });
}
