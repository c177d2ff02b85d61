import type { Check } from "../Check";
import { addOns } from "./addOns";
import { autoscaling } from "./autoscaling";
import { backendName } from "./backendName";
import { buffering } from "./buffering";
import { clocks } from "./clocks";
import { drain } from "./drain";
import { exclusiveNames } from "./exclusiveNames";
import { idleTimeout } from "./idleTimeout";
import { model } from "./model";
import { permissions } from "./permissions";
import { readinessGates } from "./readinessGates";
import { sharedVolume } from "./sharedVolume";
import { stickiness } from "./stickiness";
import { storageLatency } from "./storageLatency";

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
