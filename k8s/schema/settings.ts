import { z } from "zod";
import { settings as known } from "../../app/core/config/settings";

/** Settings that other fields of an environment decide, or that belong to the charts alone. */
const DECIDED: Record<string, string> = {
  PORT: "the charts decide it",
  METRICS_PORT: "the charts decide it",
  SESSION_DIRECTORY: "the charts decide it",
  DATA_DIRECTORY: "the charts decide it",
  BACKEND_URL: "the charts decide it",
  ADVERTISED_URL: "each pod has its own",
  HOSTNAME: "each pod has its own",
  SECRETS_DIRECTORY: "the charts decide it",
  KEEP_ALIVE_SECONDS: "it follows from ingress.idleTimeoutSeconds",
  INTERNAL_TOKEN: "it belongs into the Secret",
  SESSION_KEYS: "it belongs into the Secret",
  OPENAI_API_KEY: "it belongs into the Secret",
  DRAIN_SECONDS: "set drainSeconds",
  LOG_LEVEL: "set logLevel",
  MODEL_PROVIDER: "set models.providers",
  MODELS: "set models.models",
  AWS_REGION: "set models.region",
  SIGN_IN_LOAD_BALANCER: "set ingress.authenticate.loadBalancer",
  SIGN_OUT_URL: "set ingress.authenticate.signOutUrl",
  OPENAI_BASE_URL: "set models.openai.baseUrl",
};

type Component = keyof typeof known;

/** What is wrong with a setting, as the program itself would say at its start. */
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
    return `is no setting of ${component}. There are ${names.join(", ")}`;
  }
  return schema.safeParse(value).error?.issues[0]?.message;
}

const ofComponent = (component: Component) =>
  z
    .record(z.string(), z.string("must be a text, in quotes"))
    .default({})
    .superRefine((given, context) => {
      for (const [name, value] of Object.entries(given)) {
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
