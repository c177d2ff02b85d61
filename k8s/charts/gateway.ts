import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { addHttpRoute } from "../constructs/http-route";
import type { Gateway } from "../schema/gateway";

export interface GatewayProps {
  namespace: string;
  gateway: Gateway;
}

/** The route at a Gateway that the cluster has. */
export class GatewayChart extends Chart {
  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    addHttpRoute(this, props.namespace, props.gateway);
  }
}
