import type { Check } from "../check";
import { addOns } from "./add-ons";
import { autoscaling } from "./autoscaling";
import { backendName } from "./backend-name";
import { buffering } from "./buffering";
import { clocks } from "./clocks";
import { drain } from "./drain";
import { exclusiveNames } from "./exclusive-names";
import { idleTimeout } from "./idle-timeout";
import { model } from "./model";
import { permissions } from "./permissions";
import { readinessGates } from "./readiness-gates";
import { sharedVolume } from "./shared-volume";
import { stickiness } from "./stickiness";
import { storageLatency } from "./storage-latency";

/** All checks, in their order: the one that other pods wait for first, then from the ground up. */
export const checks: Check[] = [
  sharedVolume,
  permissions,
  exclusiveNames,
  storageLatency,
  clocks,
  backendName,
  model,
  stickiness,
  buffering,
  idleTimeout,
  drain,
  readinessGates,
  autoscaling,
  addOns,
];
