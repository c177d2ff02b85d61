import { z } from "zod";
import { settings as known } from "../../app/core/config/settings";

/** Settings that the charts or other fields of an environment set. */
const DECIDED: Record<string, string> = {
  LISTEN_ADDRESS: "the charts set it",
  PORT: "the charts set it",
  METRICS_PORT: "the charts set it",
  SESSION_DIRECTORY: "the charts set it",
  DATA_DIRECTORY: "the charts set it",
  BACKEND_URL: "the charts set it",
  ADVERTISED_URL: "each pod has its own",
  HOSTNAME: "each pod has its own",
  SECRETS_DIRECTORY: "the charts set it",
  KEEP_ALIVE_SECONDS: "the charts derive it from ingress.idleTimeoutSeconds",
  TLS_CERTIFICATE_FILE: "set tls",
  TLS_KEY_FILE: "set tls",
  BACKEND_CA_FILE: "set tls.backend",
  BACKEND_CERTIFICATE_NAME: "set tls.backend.name",
  INTERNAL_TOKEN: "it belongs in the Secret",
  SESSION_COOKIE: "the load balancer's sticky sessions depend on its name",
  SESSION_KEYS: "it belongs in the Secret",
  ORIGIN_SECRET: "it belongs in the Secret: set ingress.originSecret",
  OPENAI_API_KEY: "it belongs in the Secret",
  DRAIN_SECONDS: "set drainSeconds",
  LOG_LEVEL: "set logLevel",
  MODEL_PROVIDER: "set models.providers",
  MODELS: "set models.models",
  AWS_REGION: "set models.region",
  BASE_PATH: "set ingress.path",
  ALLOWED_HOSTS: "set ingress.host",
  SIGN_IN_LOAD_BALANCER: "set ingress.authenticate.loadBalancer",
  SIGN_IN_CLIENT_ID: "it follows from ingress.authenticate",
  SIGN_IN_ISSUER: "it follows from ingress.authenticate",
  SIGN_OUT_URL: "set ingress.authenticate.signOutUrl",
  OPENAI_BASE_URL: "set models.openai.baseUrl",
};

type Component = keyof typeof known;

/** The program's own message for a bad setting. */
function faultOf(
  component: Component,
  name: string,
  value: string,
): string | undefined {
  const decided = DECIDED[name];
  if (decided) return `can't be set here: ${decided}`;
  const schemas: Record<string, z.ZodType> = known[component];
  const schema = schemas[name];
  if (!schema) {
    const names = Object.keys(schemas).filter((other) => !(other in DECIDED));
    return `is not a setting of ${component}. There are ${names.join(", ")}`;
  }
  return schema.safeParse(value).error?.issues[0]?.message;
}

const ofComponent = (component: Component) =>
  z
    .record(z.string(), z.string("must be a text, in quotes"))
    .default({})
    .superRefine((values, context) => {
      for (const [name, value] of Object.entries(values)) {
        const message = faultOf(component, name, value);
        if (message)
          context.addIssue({ code: "custom", path: [name], message });
      }
    });

/** Settings of docs/settings.md for which an environment has no field of its own. */
export const settings = z
  .strictObject({
    web: ofComponent("web"),
    backend: ofComponent("backend"),
    sweep: ofComponent("sweep"),
  })
  .prefault({});
