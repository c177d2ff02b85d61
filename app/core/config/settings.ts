import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { z } from "zod";
import { modelSettings } from "./model-settings";
import {
  httpsUrl,
  httpUrl,
  list,
  loadBalancerArn,
  seconds,
  wholeNumber,
} from "./setting-types";

const port = (standard: number) =>
  wholeNumber(0, 65_535, "port number").default(standard);

/** What both processes read. */
const both = {
  INTERNAL_TOKEN: list
    .refine(
      (tokens) => tokens.every((token) => token.length >= 16),
      "must have at least 16 characters (several, newest first, with commas)",
    )
    .optional()
    .describe(
      "what web shows the backend to be let in; several with commas while it is rotated, newest first",
    ),
  SECRETS_DIRECTORY: z
    .string()
    .default("./data/secrets")
    .describe(
      "where `INTERNAL_TOKEN` and `SESSION_KEYS` are read from, as files of these names, or made at first start; by default `secrets` beside `DATA_DIRECTORY`, or beside `SESSION_DIRECTORY` where that alone is set",
    ),
  UV_THREADPOOL_SIZE: wholeNumber(2, 1024, "number of threads")
    .default(4)
    .describe(
      "threads for calls to the file system and for looking up names; three quarters may be busy with files. Worth 16 on a network file system",
    ),
  STORAGE_TIMEOUT_SECONDS: seconds(5, 0.1, 600).describe(
    "how long a call to the file system may take before it counts as failed; balances visitors who wait against a network file system that fails over",
  ),
  DRAIN_SECONDS: seconds(30, 0, 3_600).describe(
    "the one number of the drain: how long a process that was told to end goes on serving at most",
  ),
  LOG_LEVEL: z
    .enum(
      ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
      "must be fatal, error, warn, info, debug, trace or silent",
    )
    .default("info")
    .describe("JSON lines on standard output, from this level up"),
  HOSTNAME: z
    .string()
    .default(hostname())
    .describe("the name under which this process shows itself"),
};

export const webSettings = z.object({
  PORT: port(8080).describe("where web listens"),
  METRICS_PORT: port(9090).describe("metrics of web, and nothing else"),
  SESSION_DIRECTORY: z
    .string()
    .default("./data/sessions")
    .describe("session files"),
  SESSION_IDLE_SECONDS: seconds(2_592_000, 60, 31_536_000).describe(
    "how long a session lives that nobody uses, to a twentieth; an anonymous visitor's conversations are found by it; sweeps must have the same",
  ),
  SESSION_ABSOLUTE_SECONDS: seconds(31_536_000, 60, 315_360_000).describe(
    "how long a session lives however busy it is",
  ),
  BACKEND_URL: httpUrl
    .default("http://localhost:8081")
    .describe("the internal API"),
  KEEP_ALIVE_SECONDS: seconds(75, 5, 4_200).describe(
    "how long an unused connection is kept; it must be longer than the load balancer keeps it (an ALB 60 s), or some requests fail",
  ),
  SESSION_KEYS: list
    .refine(
      (keys) => keys.every((key) => key.length >= 16),
      "must be keys of at least 16 characters, newest first, with commas",
    )
    .optional()
    .describe("keys that sign the session cookie, newest first"),
  SIGN_IN_LOAD_BALANCER: list
    .refine(
      (arns) =>
        arns.length > 0 && arns.every((arn) => loadBalancerArn.test(arn)),
      "must be the ARN of an Application Load Balancer, arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID (several with commas). It may end in * after loadbalancer/app/",
    )
    .optional()
    .describe(
      "the ARN of the load balancer that signs visitors in (OIDC, Cognito), and whose word for who they are is taken; it may end in `*`. By default visitors are anonymous",
    ),
  SIGN_IN_KEYS_URL: httpsUrl
    .optional()
    .describe(
      "where that load balancer's public keys are, in partitions where it is not https://public-keys.auth.elb.REGION.amazonaws.com",
    ),
  SIGN_OUT_URL: httpsUrl
    .optional()
    .describe(
      "where signing out goes on after Keepsake's part: the identity provider's address for it",
    ),
  ...both,
});

export const backendSettings = z.object({
  PORT: port(8081).describe("where backend listens"),
  METRICS_PORT: port(9091).describe("metrics of backend, and nothing else"),
  DATA_DIRECTORY: z
    .string()
    .default("./data/records")
    .describe("conversations, projects, messages, replies"),
  ADVERTISED_URL: httpUrl
    .optional()
    .describe(
      "where other backends reach this one; by default http://localhost and its port, in a cluster the pod's address",
    ),
  LEASE_SECONDS: seconds(4, 0.2, 60).describe(
    "how long a reply's log may stop growing before another process takes over; balances a pause after a crash against false alarms on slow storage",
  ),
  REPLIES_PER_OWNER: wholeNumber(1, 1_000)
    .default(5)
    .describe(
      "how many replies one visitor may have in progress; more are refused with a sentence",
    ),
  REPLIES_PER_PROCESS: wholeNumber(1, 100_000)
    .default(500)
    .describe(
      "how many replies one process writes at once; more are refused, and web asks another process",
    ),
  ...modelSettings,
  ...both,
});

export const preflightSettings = z.object({
  PUBLIC_URL: httpUrl
    .optional()
    .describe("where the ingress answers, to be looked at from outside"),
  BACKEND_URL: httpUrl.optional().describe("as web has it"),
  SESSION_DIRECTORY: z.string().optional().describe("as web has it"),
  DATA_DIRECTORY: z.string().optional().describe("as backend has it"),
  INTERNAL_TOKEN: both.INTERNAL_TOKEN,
  SECRETS_DIRECTORY: both.SECRETS_DIRECTORY,
  NODE_NAME: z
    .string()
    .default(hostname())
    .describe("the node on which this pod runs"),
  JOB_COMPLETION_INDEX: wholeNumber(0, 100)
    .default(0)
    .describe("which of the Job's pods this is: the first one reports"),
  PREFLIGHT_PEERS: wholeNumber(1, 100)
    .default(1)
    .describe("how many pods meet to see whether they share their volumes"),
  PREFLIGHT_PEER_WAIT_SECONDS: seconds(60, 1, 600).describe(
    "how long they wait for one another",
  ),
  PREFLIGHT_RUN: z
    .string()
    .regex(
      /^[a-z0-9-]{1,63}$/,
      "must be lower-case letters, digits and hyphens",
    )
    .default(() => randomUUID())
    .describe("a name that the pods of one run share"),
});

/** What sweeps alone read. */
const sweepAlone = {
  DELETED_CONVERSATION_SECONDS: seconds(2_592_000, 3_600, 315_360_000).describe(
    "how long a conversation that was deleted can be restored; the next sweep ends that, and the one after it removes the conversation",
  ),
  SWEEP_SECONDS: seconds(3_000, 10, 86_400).describe(
    "how long a sweep works at most; the next one begins somewhere else. Jobs that are ended after an hour must have less",
  ),
  SWEEP_FOLDERS_PER_SECOND: z.coerce
    .number("must be a number, 1 to 100000")
    .min(1, "must be a number, 1 to 100000")
    .max(100_000, "must be a number, 1 to 100000")
    .default(1_000)
    .describe(
      "how many folders a second a sweep looks into; balances how long it takes against what it takes from visitors",
    ),
};

export const sweepSettings = z.object({
  SESSION_DIRECTORY: z.string().optional().describe("as web has it"),
  DATA_DIRECTORY: z.string().optional().describe("as backend has it"),
  SESSION_IDLE_SECONDS: webSettings.shape.SESSION_IDLE_SECONDS,
  STORAGE_TIMEOUT_SECONDS: both.STORAGE_TIMEOUT_SECONDS,
  LOG_LEVEL: both.LOG_LEVEL,
  ...sweepAlone,
});

/** The settings of both processes, and of sweeps alone: name → what it means. */
export const settings = {
  web: webSettings.shape,
  backend: backendSettings.shape,
  sweep: sweepAlone,
};
