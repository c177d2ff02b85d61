import {
  type Check,
  ok,
  type Outcome,
  type Subject,
  warning,
  skipped,
} from "../check";
import { askWho, type Jar } from "../ingress/probe";
import { throughIngress } from "../ingress/through-ingress";

/** With two pods, a proxy without stickiness looks sticky once in half a million runs. */
const ASKS = 20;

/** Checks that the ingress keeps a visitor on one pod. */
export const stickiness: Check = {
  name: "stickiness",
  why: "A visitor who stays on one pod benefits from its cache. Sticky sessions are an optimisation; correctness never depends on them.",
  run: (subject) => throughIngress(subject, () => look(subject)),
};

async function look({ config }: Subject): Promise<Outcome> {
  const newVisitors = await hostsOf(() => askWho(config));
  if (newVisitors.size < 2) {
    return skipped(
      `One pod served all ${ASKS} visitors, so stickiness could not be checked. Run two web pods or more.`,
    );
  }
  const jar: Jar = new Map();
  const hosts = await hostsOf(() => askWho(config, jar));
  if (hosts.size === 1) {
    return ok(
      `${ASKS} visitors reached ${newVisitors.size} pods; a visitor with cookies stayed on one.`,
    );
  }
  return warning(
    `A visitor with cookies reached ${hosts.size} pods in ${ASKS} requests.`,
    "Enable cookie stickiness: on an ALB stickiness.enabled=true and stickiness.type=lb_cookie in the target group's attributes; in Traefik service.sticky.cookie on the Service; at a Gateway ingress.sessionPersistence, if its controller implements it.",
  );
}

async function hostsOf(
  ask: () => Promise<{ host: string }>,
): Promise<Set<string>> {
  const hosts = new Set<string>();
  for (let asked = 0; asked < ASKS; asked += 1) hosts.add((await ask()).host);
  return hosts;
}
