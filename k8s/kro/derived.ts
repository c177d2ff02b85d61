import type { DrainTimes } from "../constructs/drain";
import { BESIDE, type Quota } from "../constructs/quota";
import { mebi, milli } from "../quantities";
import type { Environment, Workload } from "../schema/environment";
import { spec } from "./fields";
import type { Placeholders } from "./placeholders";

/** What `drainTimes` computes, as CEL: a test holds the one against the other. */
export function drainExpressions(placeholders: Placeholders): DrainTimes {
  const drain = spec("drainSeconds");
  const preStop = `(${drain} < 3 ? 1 : (${drain} > 45 ? 15 : (${drain} + 2) / 3))`;
  const end = `(${preStop} + ${drain} + 5)`;
  const period = `(${end} < 60 ? 60 : ${end})`;
  const stands = (cel: string) => placeholders.integer(cel);
  return {
    drainSeconds: stands(drain),
    preStopSeconds: stands(preStop),
    terminationGracePeriodSeconds: stands(end),
    deregistrationDelaySeconds: stands(`${preStop} + ${drain}`),
    scaleInPeriodSeconds: stands(period),
    scaleInWindowSeconds: stands(`(${period} < 300 ? 300 : ${period})`),
  };
}

/** What `quotaOf` computes, as CEL. */
export function quotaExpressions(
  { web, backend }: Environment,
  placeholders: Placeholders,
): Quota {
  const twice = (of: (workload: Workload) => number) =>
    `2 * (${spec("web.max")} * ${of(web)} + ${spec("backend.max")} * ${of(backend)})`;
  const rounded = (beside: number, total: string, unit: number) =>
    placeholders.integer(`${beside} + (${total} + ${unit - 1}) / ${unit}`);
  return {
    pods: placeholders.integer(`${BESIDE.pods} + ${twice(() => 1)}`),
    cpu: rounded(
      BESIDE.cpu,
      twice(({ resources: { cpu } }) => milli(cpu)),
      1_000,
    ),
    memoryGi: rounded(
      BESIDE.memoryGi,
      twice(({ resources: { memory } }) => mebi(memory)),
      1_024,
    ),
    memoryLimitGi: rounded(
      BESIDE.memoryLimitGi,
      twice(({ resources: { memoryLimit } }) => mebi(memoryLimit)),
      1_024,
    ),
  };
}
