import type { Check } from "../check";
import { addOns } from "./add-ons";
import { autoscaling } from "./autoscaling";
import { backendName } from "./backend-name";
import { buffering } from "./buffering";
import { clocks } from "./clocks";
import { drain } from "./drain";
import { exclusiveNames } from "./exclusive-names";
import { idleTimeout } from "./idle-timeout";
import { loadBalancerSubnets } from "./load-balancer-subnets";
import { model } from "./model";
import { networkPolicies } from "./network-policies";
import { readinessGates } from "./readiness-gates";
import { sharedVolume } from "./shared-volume";
import { stickiness } from "./stickiness";
import { storageLatency } from "./storage-latency";

/** All checks in order: first the one that other pods wait for, then storage, network and cluster. */
export const checks: Check[] = [
  sharedVolume,
  exclusiveNames,
  storageLatency,
  clocks,
  backendName,
  networkPolicies,
  model,
  stickiness,
  buffering,
  idleTimeout,
  drain,
  loadBalancerSubnets,
  readinessGates,
  autoscaling,
  addOns,
];
