import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { parse } from "yaml";
import {
  readBackendConfig,
  readSweepConfig,
  readWebConfig,
} from "../../app/core/config/config";
import { settings } from "../../app/core/config/settings";

const Service = z.object({
  command: z.array(z.string()),
  environment: z.record(
    z.string(),
    z.union([z.string(), z.number(), z.null()]),
  ),
  volumes: z.array(z.string()),
});
const Compose = z.object({
  services: z.object({ web: Service, backend: Service, sweep: Service }),
  volumes: z.record(z.string(), z.null()),
});

const compose = Compose.parse(
  parse(readFileSync("compose.yaml", "utf8"), { merge: true }),
);
const { services } = compose;
const readers = {
  web: readWebConfig,
  backend: readBackendConfig,
  sweep: readSweepConfig,
};
const roles = ["web", "backend", "sweep"] as const;

/** The settings that the file gives a value; those without one come from the shell. */
function given(role: (typeof roles)[number]): NodeJS.ProcessEnv {
  const entries = Object.entries(services[role].environment);
  return Object.fromEntries(
    entries.flatMap(([name, value]) =>
      value === null ? [] : [[name, String(value)]],
    ),
  );
}

it.each(roles)("compose.yaml gives %s settings that it accepts", (role) => {
  expect(() => readers[role](given(role))).not.toThrow();
});

it("compose.yaml names only settings that exist, and the SDK's credentials", () => {
  const known = new Set(Object.values(settings).flatMap(Object.keys));
  const named = Object.values(services).flatMap(({ environment }) =>
    Object.keys(environment),
  );
  const unknown = named.filter((name) => !known.has(name));
  expect(unknown).toEqual([
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
  ]);
});

it("compose.yaml keeps all state in its volume", () => {
  for (const role of roles) {
    const { volumes, environment } = services[role];
    expect(volumes).toEqual(["data:/data"]);
    const folders = Object.entries(environment).filter(([name]) =>
      name.endsWith("_DIRECTORY"),
    );
    expect(folders.map(([, value]) => value)).toEqual([
      "/data/sessions",
      "/data/records",
      "/data/secrets",
    ]);
  }
  expect(compose.volumes).toHaveProperty("data");
});

it("compose.yaml starts programs that the image has", () => {
  const text = Object.values(services)
    .flatMap(({ command }) => command)
    .join(" ");
  const programs = text.match(/\b(web|backend|sweep)\b/g) ?? [];
  for (const program of programs) {
    expect(existsSync(`app/${program}/main.ts`)).toBe(true);
  }
  expect(new Set(programs)).toEqual(new Set(roles));
});
