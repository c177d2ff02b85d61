/** A field of `kind: Keepsake`. */
export interface Field {
  /** As kro's simple schema writes it. */
  schema: string;
  /** Further conditions, in CEL over `self`, each with the sentence that says what to do. */
  rules?: { expression: string; message: string }[];
}

const described = (schema: string, description: string) =>
  `${schema} description=${JSON.stringify(description)}`;

const count = (standard: number, description: string): Field => ({
  schema: described(
    `integer | default=${standard} minimum=1 maximum=500`,
    description,
  ),
});

const required = (
  description: string,
  expression: string,
  message: string,
): Field => ({
  schema: described("string | required=true", description),
  rules: [{ expression, message }],
});

const accessPoint = (of: string): Field =>
  required(
    `where the ${of} are: an access point of EFS`,
    "self.matches('^fs-[0-9a-f]{8,40}::fsap-[0-9a-f]{8,40}$')",
    'must be a file system and its access point, such as "fs-0123456789abcdef0::fsap-0123456789abcdef0": without an access point pods would share the root of the file system, as its root user',
  );

/** The few fields that someone who runs a Keepsake decides, by their paths in its `spec`. */
const FIELDS = {
  image: required(
    "the image, by its digest",
    "self.matches('^[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}$')",
    "must be named by its digest, name@sha256:…, since a tag can be moved to another image",
  ),
  host: required(
    "the name under which people come",
    "self.matches('^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?[.])+[a-z]{2,}$')",
    'must be a host name in lower case, such as "chat.example.com", without a scheme or a path',
  ),
  certificateArn: required(
    "the certificate for the host, in ACM",
    "self.matches('^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]+$')",
    'must be the ARN of a certificate in ACM, such as "arn:aws:acm:eu-central-1:111122223333:certificate/…", of the load balancer\'s region',
  ),
  loadBalancerCidr: required(
    "the address block of the load balancer's subnets",
    "isCIDR(self)",
    'must be an address block, such as "10.0.0.0/16"',
  ),
  "storage.sessions": accessPoint("sessions"),
  "storage.records": accessPoint("records"),
  "models.region": required(
    "the region of Amazon Bedrock",
    "self.matches('^[a-z]{2}(-[a-z]+)+-[0-9]$')",
    'must be a region, such as "eu-central-1"',
  ),
  "models.names": {
    schema: described(
      "[]string | required=true minItems=1",
      "the models that the picker offers",
    ),
    rules: [
      {
        expression: "self.all(name, name != '' && !name.contains(','))",
        message: "must be the ids of models, one an item",
      },
    ],
  },
  "web.min": count(3, "pods of web at least"),
  "web.max": count(20, "pods of web at most"),
  "backend.min": count(3, "pods of backend at least"),
  "backend.max": count(20, "pods of backend at most"),
  drainSeconds: {
    schema: described(
      "integer | default=30 minimum=0 maximum=1780",
      "how long a pod that must go may take to hand over its streams",
    ),
  },
  logLevel: {
    schema: described(
      'string | default=info enum="fatal,error,warn,info,debug,trace"',
      "lines of the log from this level up",
    ),
  },
} satisfies Record<string, Field>;

export type FieldPath = keyof typeof FIELDS;

/** A field, as kro's expressions name it. */
export const spec = (path: FieldPath) => `schema.spec.${path}`;

/** A condition between fields, in CEL over the whole object. */
const RULES = [
  {
    expression: "object.metadata.name == 'keepsake'",
    message:
      'metadata.name must be "keepsake": a namespace holds one. Make another in a namespace of its own',
  },
  {
    expression: "object.spec.storage.sessions != object.spec.storage.records",
    message:
      "spec.storage.records must be another access point than spec.storage.sessions: web may not see the records. Make a second one",
  },
  ...["web", "backend"].flatMap((name) => [
    {
      expression: `object.spec.${name}.min >= 2`,
      message: `spec.${name}.min must be 2 or more, or no pod may ever be evicted and a node's drain never ends`,
    },
    {
      expression: `object.spec.${name}.max > object.spec.${name}.min`,
      message: `spec.${name}.max must exceed spec.${name}.min: autoscaling needs room`,
    },
  ]),
];

/** All conditions with the field that each is about, for the policy that refuses what breaks one. */
export function validations(): { expression: string; message: string }[] {
  const ofFields = Object.entries(FIELDS).flatMap(([path, field]) =>
    ((field as Field).rules ?? []).map(({ expression, message }) => ({
      expression: expression.replaceAll(/\bself\b/g, `object.spec.${path}`),
      message: `spec.${path} ${message}.`,
    })),
  );
  const between = RULES.map((rule) => ({
    ...rule,
    message: `${rule.message}.`,
  }));
  return [...ofFields, ...between];
}

/** kro's simple schema of the fields: paths become nested objects. */
export function simpleSchema(): object {
  const schema: Record<string, unknown> = {};
  for (const [path, field] of Object.entries(FIELDS)) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let parent = schema;
    for (const key of keys) {
      parent = (parent[key] ??= {}) as Record<string, unknown>;
    }
    parent[last] = field.schema;
  }
  return schema;
}
