import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { z } from "zod";
import { modelSettings } from "./model-settings";
import {
  basePath,
  hostPattern,
  httpsUrl,
  httpUrl,
  ipAddress,
  isStrongSecret,
  podUrl,
  list,
  loadBalancerArn,
  seconds,
  SECRET_RULE,
  wholeNumber,
} from "./setting-types";

const port = (defaultPort: number) =>
  wholeNumber(0, 65_535, "port number").default(defaultPort);

/** Settings of web and backend. */
const both = {
  LISTEN_ADDRESS: ipAddress
    .default("127.0.0.1")
    .describe(
      "The address on which the process and its metrics listen. By default only this machine reaches them; `::` is every interface, IPv6 and IPv4. The image's default is `::`.",
    ),
  TLS_CERTIFICATE_FILE: z
    .string()
    .optional()
    .describe(
      "A PEM file with the certificate by which the process serves HTTPS instead of HTTP, and its chain. Reread every 10 seconds, so that a renewed one needs no restart. Metrics stay HTTP.",
    ),
  TLS_KEY_FILE: z
    .string()
    .optional()
    .describe("A PEM file with the key of that certificate."),
  BACKEND_CA_FILE: z
    .string()
    .optional()
    .describe(
      "A PEM file with the authority that signs the backend's certificate, which web and other backends check. Defaults to the authorities that Node trusts. Reread every 10 seconds.",
    ),
  BACKEND_CERTIFICATE_NAME: z
    .string()
    .regex(hostPattern, "must be a host name, such as backend.keepsake.svc")
    .optional()
    .describe(
      "The name that the backend's certificate must have. Defaults to the host of the URL. Backends need it if their certificate is not for the host of `ADVERTISED_URL`.",
    ),
  INTERNAL_TOKEN: list
    .refine(
      (tokens) => tokens.every(isStrongSecret),
      `${SECRET_RULE} (several, newest first, with commas): openssl rand -hex 32`,
    )
    .optional()
    .describe(
      "The token that web presents to the backend. During a rotation several, comma-separated, newest first.",
    ),
  SECRETS_DIRECTORY: z
    .string()
    .default("./data/secrets")
    .describe(
      "The folder of the files `INTERNAL_TOKEN` and `SESSION_KEYS`, which are created at first start. Defaults to `secrets` beside `DATA_DIRECTORY` or, if only that is set, `SESSION_DIRECTORY`.",
    ),
  UV_THREADPOOL_SIZE: wholeNumber(2, 1024, "number of threads")
    .default(4)
    .describe(
      "Threads for file system calls and DNS lookups; at most three quarters serve files. Use 16 on a network file system.",
    ),
  STORAGE_TIMEOUT_SECONDS: seconds(5, 0.1, 600).describe(
    "Time-out of a file system call. Balances how long visitors wait against the failover of a network file system.",
  ),
  DRAIN_SECONDS: seconds(30, 0, 3_600).describe(
    "The longest time for which a process keeps serving after SIGTERM. All other time-outs of the drain are derived from it.",
  ),
  LOG_LEVEL: z
    .enum(
      ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
      "must be fatal, error, warn, info, debug, trace or silent",
    )
    .default("info")
    .describe(
      "The lowest level that is logged, as JSON lines on standard output.",
    ),
  HOSTNAME: z
    .string()
    .default(hostname())
    .describe("The name of this process in pages and logs."),
};

const perMinute = (defaultNumber: number, what: string) =>
  wholeNumber(0, 1_000_000, "number a minute")
    .default(defaultNumber)
    .describe(
      `${what} a minute from one client address (of IPv6, a /64), a quarter of them at once. More are refused with 429. Each web process counts for itself; 0 is no limit.`,
    );

export const webSettings = z.object({
  PORT: port(8080).describe("The port of web."),
  METRICS_PORT: port(9090).describe("The port of web's metrics."),
  BASE_PATH: basePath
    .default("")
    .describe(
      "The path below which web serves, such as `/chat` for https://example.com/chat/. A proxy in front must pass the path on unchanged. `/livez` and `/readyz` are answered without it as well.",
    ),
  SESSION_DIRECTORY: z
    .string()
    .default("./data/sessions")
    .describe("The folder of sessions."),
  SESSION_IDLE_SECONDS: seconds(2_592_000, 60, 31_536_000).describe(
    "Idle session timeout, accurate to 5 %. Anonymous visitors lose access to their conversations when it expires; a sweep removes their data two such times and a week after the last visit. Must match the sweep jobs' value.",
  ),
  SESSION_ABSOLUTE_SECONDS: seconds(31_536_000, 60, 315_360_000).describe(
    "Maximum age of a session, however active it is. Must match the sweep jobs' value.",
  ),
  BACKEND_URL: httpUrl
    .default("http://localhost:8081")
    .describe("The URL of the backend's API."),
  KEEP_ALIVE_SECONDS: seconds(75, 5, 4_200).describe(
    "Idle timeout of connections. Must exceed that of the load balancer (an ALB's is 60 s), or some requests fail.",
  ),
  SESSION_KEYS: list
    .refine(
      (keys) => keys.every(isStrongSecret),
      `${SECRET_RULE} (several, newest first, with commas): openssl rand -hex 32`,
    )
    .optional()
    .describe(
      "Keys that sign the session cookie, comma-separated, newest first.",
    ),
  ORIGIN_SECRET: list
    .refine(
      (values) => values.every(isStrongSecret),
      `${SECRET_RULE} (several, newest first, with commas): openssl rand -hex 32`,
    )
    .optional()
    .describe(
      "Values of the header `x-keepsake-origin` that a proxy in front adds, comma-separated, newest first. Web refuses other requests. Defaults to the file `ORIGIN_SECRET` in `SECRETS_DIRECTORY`; without it, none is required.",
    ),
  SESSION_COOKIE: z
    .string()
    .regex(/^[\w-]{1,64}$/, "must be 1 to 64 letters, digits, - and _")
    .default("keepsake")
    .describe(
      "Name of the session cookie; over TLS it gets the prefix `__Host-`. Browsers share cookies between the ports of a host: give each Keepsake on one host name its own.",
    ),
  ALLOWED_ORIGINS: list
    .refine(
      (origins) =>
        origins.every(
          (url) => URL.canParse(url) && new URL(url).origin === url,
        ),
      "must be origins such as https://chat.example.com, without a path (several with commas)",
    )
    .optional()
    .describe(
      "Origins whose forms are accepted although they differ from the request's `Host`. Needed only behind a proxy that changes `Host`, for browsers that send no `Sec-Fetch-Site`.",
    ),
  ALLOWED_HOSTS: list
    .refine(
      (hosts) => hosts.every((host) => host === "*" || hostPattern.test(host)),
      "must be host names or addresses without a port, such as chat.example.com or [::1] (several with commas), or * for all",
    )
    .default(["localhost", "127.0.0.1", "[::1]"])
    .describe(
      "The names in `Host` under which web serves visitors, comma-separated and without a port; `*` is any. All others get 421, so that no other site can reach a Keepsake through its visitors' browsers (DNS rebinding). Probes work under any name.",
    ),
  TRUSTED_PROXIES: wholeNumber(0, 10, "number of proxies")
    .default(0)
    .describe(
      "Proxies between visitors and web, each of which adds its client's address to `X-Forwarded-For`: 1 behind a load balancer, 2 with CloudFront in front of it. Web counts them from the right, and takes nothing else from that header. Too few, and all visitors share the limits of one address; too many, and a visitor can choose an address.",
    ),
  SESSIONS_PER_MINUTE: perMinute(120, "New sessions"),
  MESSAGES_PER_MINUTE: perMinute(120, "Messages, retries and regenerations"),
  UPLOADS_PER_MINUTE: perMinute(120, "Uploaded files"),
  STREAMS_PER_MINUTE: perMinute(600, "Replies that are opened to be followed"),
  SEARCHES_PER_MINUTE: perMinute(60, "Searches"),
  SHARED_PER_MINUTE: perMinute(600, "Pages and files of shared links"),
  STREAMS_PER_OWNER: wholeNumber(0, 10_000, "number of streams")
    .default(20)
    .describe(
      "Replies that one visitor may watch at once: more are refused with 429 until a tab is closed. Each web process counts for itself; 0 is no limit.",
    ),
  SIGN_IN_LOAD_BALANCER: list
    .refine(
      (arns) =>
        arns.length > 0 && arns.every((arn) => loadBalancerArn.test(arn)),
      "must be the ARN of an Application Load Balancer, arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID (several with commas). It may end in * after loadbalancer/app/",
    )
    .optional()
    .describe(
      "The ARN of the load balancer that authenticates visitors (OIDC, Cognito) and whose identity tokens are trusted; may end in `*`. Without it, visitors are anonymous.",
    ),
  SIGN_IN_CLIENT_ID: list
    .refine((ids) => ids.length > 0, "must be the id of a client")
    .optional()
    .describe(
      "The id of the client for which that load balancer signs visitors in (several with commas). Tokens of other clients are refused.",
    ),
  SIGN_IN_ISSUER: httpsUrl
    .optional()
    .describe(
      "The issuer of identity tokens, exactly as they name it. For Cognito `https://cognito-idp.REGION.amazonaws.com/USER-POOL`.",
    ),
  SIGN_IN_KEYS_URL: httpsUrl
    .optional()
    .describe(
      "The URL of that load balancer's public keys, in partitions where it is not https://public-keys.auth.elb.REGION.amazonaws.com.",
    ),
  STRICT_TRANSPORT_SECURITY: z
    .enum(["host", "subdomains"], "must be host or subdomains")
    .default("host")
    .describe(
      "What browsers may reach by HTTPS only, once they reached web so: its host, or all subdomains of that, too.",
    ),
  SIGN_OUT_URL: httpsUrl
    .optional()
    .describe(
      "The identity provider's sign-out URL, to which signing out redirects.",
    ),
  ...both,
});

/** The backend tells visitors, the sweep keeps it. */
const DELETED_CONVERSATION_SECONDS = seconds(
  2_592_000,
  3_600,
  315_360_000,
).describe(
  "How long a deleted conversation can be restored. The next sweep then ends that, and the one after it removes the conversation. The same for backend and sweep.",
);

export const backendSettings = z.object({
  PORT: port(8081).describe("The port of backend."),
  METRICS_PORT: port(9091).describe("The port of backend's metrics."),
  DATA_DIRECTORY: z
    .string()
    .default("./data/records")
    .describe("The folder of conversations, projects, messages and replies."),
  ADVERTISED_URL: podUrl
    .optional()
    .describe(
      "The URL at which other backends reach this one. Defaults to http://localhost with its port; in a cluster, the pod's address.",
    ),
  LEASE_SECONDS: seconds(4, 0.2, 60).describe(
    "How long a reply's log may stop growing before another process takes it over. Balances the pause after a crash against false alarms on slow storage.",
  ),
  REPLIES_PER_OWNER: wholeNumber(1, 1_000)
    .default(5)
    .describe(
      "Replies that one visitor may have in progress. Further ones are refused with a message.",
    ),
  REPLIES_PER_PROCESS: wholeNumber(1, 100_000)
    .default(500)
    .describe(
      "Replies that one process writes at a time. Further ones are refused, and web tries another process.",
    ),
  CONVERSATIONS_PER_OWNER: wholeNumber(1, 1_000_000)
    .default(10_000)
    .describe(
      "Conversations that one visitor may keep. Further ones are refused with a message; a notice appears at 90 %.",
    ),
  MEGABYTES_PER_OWNER: wholeNumber(1, 1_000_000)
    .default(1_024)
    .describe(
      "Messages and files that one visitor may keep, in MB. Further ones are refused with a message; a notice appears at 90 %.",
    ),
  DELETED_CONVERSATION_SECONDS,
  ...modelSettings,
  ...both,
});

export const preflightSettings = z.object({
  PUBLIC_URL: httpUrl
    .optional()
    .describe("The ingress's URL, to be checked from outside."),
  BACKEND_URL: httpUrl.optional().describe("Same as web's."),
  BACKEND_CA_FILE: both.BACKEND_CA_FILE,
  BACKEND_CERTIFICATE_NAME: both.BACKEND_CERTIFICATE_NAME,
  SESSION_DIRECTORY: z.string().optional().describe("Same as web's."),
  DATA_DIRECTORY: z.string().optional().describe("Same as backend's."),
  INTERNAL_TOKEN: both.INTERNAL_TOKEN,
  SECRETS_DIRECTORY: both.SECRETS_DIRECTORY,
  NODE_NAME: z
    .string()
    .default(hostname())
    .describe("The node that runs this pod."),
  JOB_COMPLETION_INDEX: wholeNumber(0, 100)
    .default(0)
    .describe("The index of this pod in the Job; pod 0 reports."),
  PREFLIGHT_PEERS: wholeNumber(1, 100)
    .default(1)
    .describe("Pods that check together that they share their volumes."),
  PREFLIGHT_PEER_WAIT_SECONDS: seconds(60, 1, 600).describe(
    "How long they wait for each other.",
  ),
  PREFLIGHT_RUN: z
    .string()
    .regex(
      /^[a-z0-9-]{1,63}$/,
      "must be lower-case letters, digits and hyphens",
    )
    .default(() => randomUUID())
    .describe("The name that the pods of one run share."),
});

/** Settings of the sweeps only. */
const sweepOnly = {
  DELETED_CONVERSATION_SECONDS,
  SWEEP_SECONDS: seconds(3_000, 10, 86_400).describe(
    "The longest run of a sweep; the next one starts elsewhere. Must be shorter than the Job's deadline of an hour.",
  ),
  SWEEP_FOLDERS_PER_SECOND: z.coerce
    .number("must be a number, 1 to 100000")
    .min(1, "must be a number, 1 to 100000")
    .max(100_000, "must be a number, 1 to 100000")
    .default(1_000)
    .describe(
      "Folders that a sweep checks in a second. Balances its duration against the load on the storage that visitors use.",
    ),
};

export const sweepSettings = z.object({
  SESSION_DIRECTORY: z.string().optional().describe("Same as web's."),
  DATA_DIRECTORY: z.string().optional().describe("Same as backend's."),
  SESSION_IDLE_SECONDS: webSettings.shape.SESSION_IDLE_SECONDS,
  SESSION_ABSOLUTE_SECONDS: webSettings.shape.SESSION_ABSOLUTE_SECONDS,
  STORAGE_TIMEOUT_SECONDS: both.STORAGE_TIMEOUT_SECONDS,
  LOG_LEVEL: both.LOG_LEVEL,
  ...sweepOnly,
});

/** The documented settings, by process. */
export const settings = {
  web: webSettings.shape,
  backend: backendSettings.omit({ DELETED_CONVERSATION_SECONDS: true }).shape,
  sweep: sweepOnly,
};
