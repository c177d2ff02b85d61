import { type ChildProcess, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { freePorts } from "../../../../scripts/local/free-ports";
import { eventually } from "./cluster";

const { MOTO_SERVER, REGISTRY_SERVER } = process.env;

type Describe = (name: string, body: () => void) => void;

const skipWithout =
  (program: string): Describe =>
  (name, body) =>
    describe.skip(
      `${name} (needs ${program}: install it, then scripts/kind-test)`,
      body,
    );

/** `scripts/kind-test` installs the AWS emulator with Python, and the registry with Go. */
export const withAws: Describe = MOTO_SERVER
  ? describe
  : skipWithout("python3");
export const withAwsAndRegistry: Describe = REGISTRY_SERVER
  ? withAws
  : skipWithout("go");

export const REGION = "eu-central-1";

/** A server that ends with the tests. */
export interface Started {
  port: number;
  stop(): void;
}

/** Emulates the APIs of AWS, with an empty account. */
export const startMoto = () =>
  start(MOTO_SERVER!, "/moto-api/", (port) => ["-H", "127.0.0.1", "-p", port]);

/** Emulates the registry of ECR. */
export const startRegistry = () =>
  start(REGISTRY_SERVER!, "/v2/", (port) => [
    "registry",
    "serve",
    "--address",
    `127.0.0.1:${port}`,
  ]);

async function start(
  program: string,
  probe: string,
  args: (port: string) => string[],
): Promise<Started> {
  const [port = 0] = await freePorts(1);
  const child: ChildProcess = spawn(program, args(String(port)), {
    stdio: "ignore",
    // Knows AWS' own policies, so that a misspelt name is refused.
    env: { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: "true" },
  });
  await eventually(
    `${program} answers`,
    async () => (await fetch(`http://127.0.0.1:${port}${probe}`)).ok,
  );
  child.unref();
  return { port, stop: () => child.kill() };
}

/** Directs the AWS CLI to the emulator. */
export const awsEnvironment = (port: number): Record<string, string> => ({
  AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_DEFAULT_REGION: REGION,
  AWS_PAGER: "",
});

/** Runs the AWS command line with this environment. @returns Its parsed output. */
export const awsOf =
  (env: Record<string, string>) =>
  async (...args: string[]): Promise<Record<string, unknown[]>> => {
    const { stdout } = await promisify(execFile)(
      "aws",
      [...args, "--output", "json"],
      { env: { ...process.env, ...env } },
    );
    return JSON.parse(stdout || "{}") as Record<string, unknown[]>;
  };
