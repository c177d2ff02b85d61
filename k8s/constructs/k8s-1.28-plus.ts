import { ApiObject } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";

/*
 * Fields and kinds that are newer than Kubernetes 1.27, the schema of cdk8s-plus-27. Its classes
 * silently drop such fields, so they are added back here; `emit` checks the output.
 */

/** `trafficDistribution` is Kubernetes 1.31's, and its value PreferSameZone 1.34's. */
export interface ServiceProps extends k8s.KubeServiceProps {
  readonly spec: k8s.ServiceSpec & { readonly trafficDistribution?: string };
}

export class Service extends k8s.KubeService {
  private readonly trafficDistribution: string | undefined;

  constructor(scope: Construct, id: string, props: ServiceProps) {
    super(scope, id, props);
    this.trafficDistribution = props.spec.trafficDistribution;
  }

  override toJson(): unknown {
    const manifest = super.toJson() as Manifest<object>;
    const { trafficDistribution } = this;
    return {
      ...manifest,
      spec: sorted({ ...manifest.spec, trafficDistribution }),
    };
  }
}

/** `preStop.sleep` is Kubernetes 1.30's. */
export interface Container extends k8s.Container {
  readonly lifecycle?: k8s.Lifecycle & {
    readonly preStop?: { readonly sleep?: { readonly seconds: number } };
  };
}

export interface PodSpec extends k8s.PodSpec {
  readonly containers: Container[];
}

export interface DeploymentProps extends k8s.KubeDeploymentProps {
  readonly spec: k8s.DeploymentSpec & {
    readonly template: { readonly spec: PodSpec };
  };
}

export class Deployment extends k8s.KubeDeployment {
  private readonly lifecycles: Container["lifecycle"][];

  constructor(scope: Construct, id: string, props: DeploymentProps) {
    super(scope, id, props);
    const { containers } = props.spec.template.spec;
    this.lifecycles = containers.map(({ lifecycle }) => lifecycle);
  }

  override toJson(): unknown {
    const manifest = super.toJson() as Manifest<{
      template: { spec: { containers: object[] } };
    }>;
    const { spec } = manifest.spec.template;
    spec.containers = spec.containers.map((container, index) => {
      const lifecycle = this.lifecycles[index];
      return lifecycle ? sorted({ ...container, lifecycle }) : container;
    });
    return manifest;
  }
}

/** The fields of Kubernetes 1.30's `MatchResources` that are used here. */
export interface MatchResources {
  readonly matchPolicy?: string;
  readonly namespaceSelector?: k8s.LabelSelector;
  readonly objectSelector?: k8s.LabelSelector;
  readonly resourceRules?: {
    readonly apiGroups: string[];
    readonly apiVersions: string[];
    readonly operations: string[];
    readonly resources: string[];
    readonly scope: string;
  }[];
}

export interface Variable {
  readonly name: string;
  readonly expression: string;
}

export interface Validation {
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
}

export interface ValidatingAdmissionPolicyProps {
  readonly metadata: k8s.ObjectMeta;
  readonly spec: {
    readonly failurePolicy: string;
    readonly matchConstraints: MatchResources;
    readonly variables?: Variable[];
    readonly validations: Validation[];
  };
}

export interface ValidatingAdmissionPolicyBindingProps {
  readonly metadata: k8s.ObjectMeta;
  readonly spec: {
    readonly policyName: string;
    readonly validationActions: string[];
    readonly matchResources?: MatchResources;
  };
}

const admission = "admissionregistration.k8s.io/v1";

export class ValidatingAdmissionPolicy extends ApiObject {
  constructor(
    scope: Construct,
    id: string,
    props: ValidatingAdmissionPolicyProps,
  ) {
    const kind = "ValidatingAdmissionPolicy";
    super(scope, id, { apiVersion: admission, kind, ...plain(props) });
  }
}

export class ValidatingAdmissionPolicyBinding extends ApiObject {
  constructor(
    scope: Construct,
    id: string,
    props: ValidatingAdmissionPolicyBindingProps,
  ) {
    const kind = "ValidatingAdmissionPolicyBinding";
    super(scope, id, { apiVersion: admission, kind, ...plain(props) });
  }
}

interface Manifest<Spec> {
  spec: Spec;
}

/** cdk8s' own type of metadata. */
function plain<P extends { metadata: k8s.ObjectMeta }>(props: P) {
  const { name, labels } = props.metadata;
  return { ...props, metadata: { name, labels } };
}

/** Sorted by name, without undefined fields, as cdk8s writes objects. */
const sorted = (fields: object) =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
