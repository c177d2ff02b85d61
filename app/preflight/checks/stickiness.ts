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

/** With two pods, a chance of one in half a million that a proxy without stickiness looks sticky. */
const ASKS = 20;

/** Does the ingress keep a visitor on one pod. */
export const stickiness: Check = {
  name: "stickiness",
  why: "A visitor who stays on one pod finds cached records there: every page is faster. Nothing is lost without it.",
  run: (subject) => throughIngress(subject, () => look(subject)),
};

async function look({ config }: Subject): Promise<Outcome> {
  const strangers = await hostsOf(() => askWho(config));
  if (strangers.size < 2) {
    return skipped(
      `All of ${ASKS} visitors were answered by one pod, so that stickiness can't be seen. Run two web pods or more.`,
    );
  }
  const jar: Jar = new Map();
  const hosts = await hostsOf(() => askWho(config, jar));
  if (hosts.size === 1) {
    return ok(
      `${ASKS} visitors came to ${strangers.size} pods; one who keeps cookies stayed on one.`,
    );
  }
  return warning(
    `One visitor who keeps cookies was sent to ${hosts.size} pods in ${ASKS} requests.`,
    "Turn on cookie stickiness: on an ALB stickiness.enabled=true and stickiness.type=lb_cookie in the target group's attributes; in Traefik service.sticky.cookie on the Service.",
  );
}

async function hostsOf(
  ask: () => Promise<{ host: string }>,
): Promise<Set<string>> {
  const hosts = new Set<string>();
  for (let asked = 0; asked < ASKS; asked += 1) hosts.add((await ask()).host);
  return hosts;
}
