import type { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-34";
import { emit } from "../constructs/emit";
import { labels } from "../constructs/labels";
import { validations } from "./fields";

/** kro's own messages for a field that is wrong say "validation failed": this policy says what to do. */
export function addFieldsPolicy(chart: Chart): void {
  const metadata = {
    name: "keepsake-fields",
    labels: labels("keepsake", "policy"),
  };
  emit(chart, "fields", k8s.KubeValidatingAdmissionPolicy, {
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
  emit(chart, "fields-binding", k8s.KubeValidatingAdmissionPolicyBinding, {
    metadata,
    spec: { policyName: metadata.name, validationActions: ["Deny"] },
  });
}
