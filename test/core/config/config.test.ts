import {
  ConfigError,
  readBackendConfig,
  readPreflightConfig,
  readWebConfig,
} from "../../../app/core/config/config";
import { settings } from "../../../app/core/config/settings";

/** The settings that the error names, in its order; none without an error. */
function named(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((fault) => fault.split(" ", 1)[0] ?? "");
  }
}

describe("ADVERTISED_URL", () => {
  it.each([
    ["http://10.1.2.3:8081", "http://10.1.2.3:8081"],
    ["http://2001:db8::1:8081", "http://[2001:db8::1]:8081"],
    ["http://2001:db8:0:0:0:0:0:1:8081", "http://[2001:db8:0:0:0:0:0:1]:8081"],
    ["http://[2001:db8::1]:8081", "http://[2001:db8::1]:8081"],
    ["http://backend:8081", "http://backend:8081"],
  ])(
    "ADVERTISED_URL of a pod may lack the brackets of IPv6: %s",
    (given, url) => {
      expect(readBackendConfig({ ADVERTISED_URL: given }).ADVERTISED_URL).toBe(
        url,
      );
    },
  );
});

describe("TLS", () => {
  const PAIR = { TLS_CERTIFICATE_FILE: "tls.crt", TLS_KEY_FILE: "tls.key" };

  it.each([
    [
      "a certificate without a key",
      { TLS_CERTIFICATE_FILE: "tls.crt" },
      ["TLS_KEY_FILE"],
    ],
    [
      "a key without a certificate",
      { TLS_KEY_FILE: "tls.key" },
      ["TLS_CERTIFICATE_FILE"],
    ],
    [
      "an address by HTTP",
      { ...PAIR, ADVERTISED_URL: "http://10.0.0.1:8081" },
      ["ADVERTISED_URL"],
    ],
    [
      "an address by HTTPS without a certificate",
      { ADVERTISED_URL: "https://10.0.0.1:8081" },
      ["ADVERTISED_URL"],
    ],
    ["both files", { ...PAIR, ADVERTISED_URL: "https://10.0.0.1:8081" }, []],
  ])("checks the backend's settings together: %s", (_, env, names) => {
    expect(named(() => readBackendConfig(env))).toEqual(names);
  });

  it.each([
    { BACKEND_CA_FILE: "ca.crt" },
    { BACKEND_CERTIFICATE_NAME: "backend.keepsake.svc" },
  ])("refuses %j for a backend that is reached by HTTP", (check) => {
    for (const readConfig of [readWebConfig, readPreflightConfig]) {
      const namedWith = (BACKEND_URL: string) =>
        named(() => readConfig({ ...check, BACKEND_URL }));
      expect(namedWith("http://backend:8081")).toEqual(["BACKEND_URL"]);
      expect(namedWith("https://backend:8081")).toEqual([]);
    }
    expect(named(() => readWebConfig(check))).toEqual(["BACKEND_URL"]);
  });
});

const secretsOf = (env: NodeJS.ProcessEnv) =>
  [readWebConfig(env), readBackendConfig(env)].map(
    (config) => config.SECRETS_DIRECTORY,
  );

describe("the settings", () => {
  it("the error for a bad value says what the setting must be", () => {
    for (const shape of Object.values(settings)) {
      for (const [name, setting] of Object.entries(shape)) {
        const message = setting.safeParse("?").error?.issues[0]?.message;
        expect([name, message ?? "must not be bad"]).toEqual([
          name,
          expect.stringMatching(/^must /),
        ]);
      }
    }
  });

  it.each([
    [{ LOG_LEVEL: "loud", PORT: "-1" }, ["PORT", "LOG_LEVEL"]],
    [
      { MODEL_PROVIDER: "openai", MODELS: "foo/bar", DRAIN_SECONDS: "x" },
      ["DRAIN_SECONDS", "OPENAI_BASE_URL"],
    ],
    [
      { MODEL_PROVIDER: "openai,bedrock", MODELS: "x/y" },
      ["MODELS", "OPENAI_BASE_URL"],
    ],
    [
      {
        MODEL_PROVIDER: "openai,bedrock",
        MODELS: "x/y",
        OPENAI_CA_FILE: "/nowhere.pem",
        MODEL_BUSY_SECONDS: "soon",
      },
      ["MODEL_BUSY_SECONDS", "MODELS", "OPENAI_BASE_URL", "OPENAI_CA_FILE"],
    ],
    // A bad setting is not reported as missing, and does not make dependent settings bad.
    [
      { MODEL_PROVIDER: "openai", OPENAI_BASE_URL: "localhost" },
      ["OPENAI_BASE_URL"],
    ],
    [{ MODEL_PROVIDER: "chatty", MODELS: "x/y" }, ["MODEL_PROVIDER"]],
  ])("all bad settings in %j are named at once", (env, names) => {
    expect(named(() => readBackendConfig(env))).toEqual(names);
  });

  it("web and backend find the same secrets beside the data", () => {
    expect(secretsOf({})).toEqual(["./data/secrets", "./data/secrets"]);
    for (const env of [
      { DATA_DIRECTORY: "/mnt/a/records", SESSION_DIRECTORY: "/mnt/b/all" },
      { DATA_DIRECTORY: "/mnt/a/records" },
      { SESSION_DIRECTORY: "/mnt/a/sessions" },
    ])
      expect(secretsOf(env)).toEqual(["/mnt/a/secrets", "/mnt/a/secrets"]);
    const env = { DATA_DIRECTORY: "/mnt/a/records", SECRETS_DIRECTORY: "/run" };
    expect(secretsOf(env)).toEqual(["/run", "/run"]);
  });

  it("web and backend find the same secrets where each knows only its own directory", () => {
    const web = readWebConfig({ SESSION_DIRECTORY: "/mnt/a/sessions" });
    const backend = readBackendConfig({ DATA_DIRECTORY: "/mnt/a/records" });
    expect(web.SECRETS_DIRECTORY).toBe(backend.SECRETS_DIRECTORY);
  });
});

it("requires the client and the issuer of identity tokens with their load balancer", () => {
  const loadBalancer =
    "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/x/*";
  const read = () => readWebConfig({ SIGN_IN_LOAD_BALANCER: loadBalancer });
  expect(read).toThrow(/SIGN_IN_CLIENT_ID must be set .*\nSIGN_IN_ISSUER must/);
});

const basePathOf = (BASE_PATH: string) =>
  readWebConfig({ BASE_PATH }).BASE_PATH;

describe("BASE_PATH", () => {
  it.each([
    ["", ""],
    ["/", ""],
    ["/chat", "/chat"],
    ["/chat/", "/chat"],
    ["/tools/chat.v2/", "/tools/chat.v2"],
  ])("%j is %j", (given, expected) => {
    expect(basePathOf(given)).toBe(expected);
  });

  it.each(["chat", "//chat", "/chat//", "/a/../b", "/.", "/ä", "/a b", "/a?b"])(
    "%j is refused with an example",
    (given) => {
      expect(() => basePathOf(given)).toThrow(
        /^BASE_PATH .* must be a path such as/,
      );
    },
  );
});
