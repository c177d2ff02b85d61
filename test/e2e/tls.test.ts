import { once } from "node:events";
import { copyFile, mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import path from "node:path";
import { connect } from "node:tls";
import { Agent, fetch as fetchBy } from "undici";
import { HttpVisitor } from "../support/http-visitor";
import { startProcess } from "../support/processes";
import { temporaryFolders } from "../support/temporary-folder";
import { waitFor } from "../support/wait-for";

/* Web and backend as processes, with certificates as Kubernetes mounts a Secret. */

const certificates = path.join(__dirname, "../support/certificates");
const pem = (name: string) => path.join(certificates, `${name}.pem`);
const read = (name: string) => readFileSync(pem(name), "utf8");

/** The name in `other-server.pem`; `server.pem` is for localhost and 127.0.0.1. */
const BACKEND_NAME = "backend.keepsake.svc";

const newFolder = temporaryFolders();
type Child = ReturnType<typeof startProcess>;
const children: Child[] = [];
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(children.splice(0).map(({ ended }) => ended));
});

/** Starts a process that listens. */
async function start(
  role: "web" | "backend",
  env: NodeJS.ProcessEnv,
): Promise<Child & { port: number }> {
  const file = path.join(__dirname, `../../app/${role}/main.ts`);
  const child = startProcess(file, [], {
    PORT: "0",
    METRICS_PORT: "0",
    ELIZA_DELAY_MS: "0",
    LOG_LEVEL: "info",
    DRAIN_SECONDS: "0",
    ...env,
  });
  children.push(child);
  const failed = child.ended.then(({ errors }) => {
    throw new Error(errors);
  });
  const [message] = await Promise.race([once(child, "message"), failed]);
  failed.catch(() => undefined);
  return Object.assign(child, { port: (message as { port: number }).port });
}

/** A folder of a mounted Secret: its files are links through `..data`, which is replaced at once. */
async function mountSecret() {
  const folder = await newFolder();
  let version = 0;
  const use = async (name: string, authority: string) => {
    const data = `..version-${(version += 1)}`;
    await mkdir(path.join(folder, data));
    for (const [from, to] of [
      [name, "tls.crt"],
      [`${name}-key`, "tls.key"],
      [authority, "ca.crt"],
    ] as const) {
      await copyFile(pem(from), path.join(folder, data, to));
    }
    await symlink(data, path.join(folder, "..new"));
    await rename(path.join(folder, "..new"), path.join(folder, "..data"));
  };
  const file = (name: string) => path.join(folder, name);
  for (const name of ["tls.crt", "tls.key", "ca.crt"]) {
    await symlink(`..data/${name}`, file(name));
  }
  return { use, file };
}

/** The serial number of the certificate that a server presents. */
async function serialOf(port: number): Promise<string> {
  const socket = connect({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
  });
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

const trusting = (authority: string) => {
  const dispatcher = new Agent({ connect: { ca: read(authority) } });
  const send = (url: string, init: object) =>
    fetchBy(url, { ...init, dispatcher });
  return send as unknown as typeof fetch;
};

async function folders(): Promise<NodeJS.ProcessEnv> {
  const folder = await newFolder();
  return {
    SESSION_DIRECTORY: path.join(folder, "sessions"),
    DATA_DIRECTORY: path.join(folder, "records"),
    SECRETS_DIRECTORY: path.join(folder, "secrets"),
  };
}

it("serves visitors over TLS from end to end, while certificates are renewed", async () => {
  const env = await folders();
  const secret = await mountSecret();
  await secret.use("other-server", "other-ca");
  const certificate = {
    TLS_CERTIFICATE_FILE: secret.file("tls.crt"),
    TLS_KEY_FILE: secret.file("tls.key"),
    BACKEND_CA_FILE: secret.file("ca.crt"),
  };
  const backend = await start("backend", { ...env, ...certificate });
  const web = await start("web", {
    ...env,
    BACKEND_URL: `https://127.0.0.1:${backend.port}`,
    BACKEND_CA_FILE: secret.file("ca.crt"),
    BACKEND_CERTIFICATE_NAME: BACKEND_NAME,
    TLS_CERTIFICATE_FILE: pem("server"),
    TLS_KEY_FILE: pem("server-key"),
  });
  const address = `https://localhost:${web.port}`;
  const visitor = new HttpVisitor(address, trusting("ca"));
  const begun = await visitor.begin("Hello over TLS");
  const events = await visitor.read(`${begun}/replies/2/events`);
  expect(events).toContain("event: end");
  expect([...visitor.cookies.keys()]).toContain("__Host-keepsake");
  // Both refuse a client that speaks HTTP.
  for (const { port } of [web, backend]) {
    await expect(fetch(`http://localhost:${port}/livez`)).rejects.toThrow(
      "fetch failed",
    );
  }
  // An impostor's certificate would be checked by the browser, and by the load balancer's policy.
  const stranger = new HttpVisitor(address, trusting("other-ca"));
  await expect(stranger.read("/")).rejects.toThrow("fetch failed");

  const before = await serialOf(backend.port);
  await secret.use("server", "ca");
  await waitFor(async () => (await serialOf(backend.port)) !== before);
  // The new certificate is not for that name, so web, which checks both, gets no answer any more.
  const lost = await waitFor(async () => {
    const page = await visitor.get(begun);
    const text = await page.text();
    return page.status === 503 && text;
  });
  expect(lost).toContain("reach its records");
  await secret.use("other-server", "other-ca");
  const page = await waitFor(async () => {
    const again = await visitor.get(begun);
    const text = await again.text();
    return again.status === 200 && text;
  });
  expect(page).toContain("Hello over TLS");
}, 150_000);

it("sends no token to a backend whose certificate another authority signed", async () => {
  const env = await folders();
  const backend = await start("backend", {
    ...env,
    TLS_CERTIFICATE_FILE: pem("other-server"),
    TLS_KEY_FILE: pem("other-server-key"),
  });
  const web = await start("web", {
    ...env,
    BACKEND_URL: `https://localhost:${backend.port}`,
    BACKEND_CA_FILE: pem("ca"),
    BACKEND_CERTIFICATE_NAME: BACKEND_NAME,
  });
  const visitor = new HttpVisitor(`http://localhost:${web.port}`);
  expect((await visitor.get("/conversations")).status).toBe(503);
  web.kill("SIGTERM");
  backend.kill("SIGTERM");
  const [{ output }, { output: answered }] = [
    await web.ended,
    await backend.ended,
  ];
  expect(output).toMatch(
    /UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT_LOCALLY)/,
  );
  expect(answered).not.toContain("/v1/");
}, 150_000);

it("keeps its certificate when the new files don't belong together", async () => {
  const env = await folders();
  const secret = await mountSecret();
  await secret.use("server", "ca");
  const backend = await start("backend", {
    ...env,
    TLS_CERTIFICATE_FILE: secret.file("tls.crt"),
    TLS_KEY_FILE: pem("server-key"),
  });
  const before = await serialOf(backend.port);
  const logged = new Promise<string>((resolve) => {
    backend.stdout?.on("data", (chunk) => {
      if (String(chunk).includes("failed to reload")) resolve(String(chunk));
    });
  });
  await secret.use("other-server", "other-ca");
  expect(await logged).toContain("has no key of the certificate");
  expect(await serialOf(backend.port)).toBe(before);
}, 150_000);

it.each([
  [
    "a missing file",
    { TLS_KEY_FILE: "/nowhere/tls.key" },
    /TLS_KEY_FILE "\/nowhere\/tls.key" can't be read \(ENOENT\)/,
  ],
  [
    "the key of another certificate",
    { TLS_KEY_FILE: pem("other-server-key") },
    /has no key of the certificate in TLS_CERTIFICATE_FILE/,
  ],
  [
    "an address that its certificate is not for",
    { ADVERTISED_URL: "https://10.0.0.1:8081" },
    /BACKEND_CERTIFICATE_NAME must be set/,
  ],
  [
    "no certificate of an authority",
    { BACKEND_CA_FILE: pem("server-key") },
    /BACKEND_CA_FILE .* has no certificate/,
  ],
  [
    "a damaged certificate after a good one",
    async () => {
      const file = path.join(await newFolder(), "ca.crt");
      const damaged = read("other-ca").slice(0, 200);
      await writeFile(file, `${read("ca")}# the next one\n${damaged}`);
      return { BACKEND_CA_FILE: file };
    },
    /BACKEND_CA_FILE .* certificate number 2 is damaged/,
  ],
])("does not start with %s, and says so", async (_, settings, message) => {
  const started = start("backend", {
    ...(await folders()),
    TLS_CERTIFICATE_FILE: pem("server"),
    TLS_KEY_FILE: pem("server-key"),
    ...(typeof settings === "function" ? await settings() : settings),
  });
  await expect(started).rejects.toThrow(message);
});

it("prints no part of a key that is given in place of its path", async () => {
  const key = read("server-key");
  const settings = {
    TLS_CERTIFICATE_FILE: pem("server"),
    TLS_KEY_FILE: key.trim(),
  };
  const started = start("backend", { ...(await folders()), ...settings });
  const error: unknown = await started.catch((reason: unknown) => reason);
  expect(String(error)).toContain("TLS_KEY_FILE must be the path");
  for (const line of key.trim().split("\n")) {
    expect(String(error)).not.toContain(line);
  }
});
