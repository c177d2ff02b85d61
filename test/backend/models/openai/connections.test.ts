import { readFileSync } from "node:fs";
import path from "node:path";
import type { ModelProvider } from "../../../../app/backend/models/model";
import type { OpenAISettings } from "../../../../app/backend/models/provider-settings";
import { createOpenAI } from "../../../../app/backend/models/openai/create-openai";
import { completeReply, settingsFor } from "../../../support/openai-server";
import {
  type ScriptedServer,
  startScriptedServer,
} from "../../../support/scripted-server";
import { startTestProxy, type TestProxy } from "../../../support/test-proxy";
import { collect, neverAborts, textOf, user } from "../model-provider-contract";

const certificates = path.join(__dirname, "../../../support/certificates");
const pem = (name: string) =>
  readFileSync(path.join(certificates, `${name}.pem`), "utf8");
const ca = pem("ca");

let server: ScriptedServer;
let proxy: TestProxy;
const opened: ModelProvider[] = [];
beforeAll(async () => {
  server = await startScriptedServer({
    cert: pem("server"),
    key: pem("server-key"),
  });
  server.on("/chat/completions", completeReply("Hi there"));
});
beforeEach(async () => {
  proxy = await startTestProxy();
});
afterEach(async () => {
  for (const provider of opened.splice(0)) await provider.close?.();
  await proxy.close();
});
afterAll(() => server.close());

async function reply(settings: Partial<OpenAISettings>): Promise<string> {
  const provider = createOpenAI(
    { ...settingsFor(server), ...settings },
    { connectMs: 5_000, busyMs: 0 },
  );
  opened.push(provider);
  const events = provider.streamReply(
    [user("hello")],
    { model: "m" },
    neverAborts(),
  );
  return textOf(await collect(events));
}

describe("openai over TLS", () => {
  it("trusts the authority of OPENAI_CA_FILE", async () => {
    expect(await reply({ ca })).toBe("Hi there");
  });

  it("refuses a certificate of an unknown authority, and names the setting", async () => {
    await expect(reply({})).rejects.toMatchObject({
      reason: "unreachable",
      forOperator: expect.stringMatching(/set OPENAI_CA_FILE/),
    });
  });

  it("says that the server does not speak TLS", async () => {
    const plain = await startScriptedServer();
    const baseUrl = plain.url.replace("http:", "https:");
    await expect(reply({ baseUrl, ca })).rejects.toMatchObject({
      forOperator: expect.stringMatching(/http:\/\/ instead/),
    });
    await plain.close();
  });
});

describe("openai through a proxy", () => {
  it("uses the proxy of the address's scheme", async () => {
    expect(await reply({ ca, proxy: { https: proxy.url } })).toBe("Hi there");
    expect(proxy.tunnels).toEqual([new URL(server.url).host]);
  });

  it("does not use the proxy for hosts of NO_PROXY", async () => {
    const settings = { https: proxy.url, none: "localhost,127.0.0.1" };
    expect(await reply({ ca, proxy: settings })).toBe("Hi there");
    expect(proxy.tunnels).toEqual([]);
  });

  it("sends the proxy the user and password of its address", async () => {
    const token = `Basic ${Buffer.from("joe:hush").toString("base64")}`;
    const guarded = await startTestProxy(token);
    const https = guarded.url.replace("//", "//joe:hush@");
    expect(await reply({ ca, proxy: { https } })).toBe("Hi there");
    expect(guarded.tunnels).toHaveLength(1);
    for (const provider of opened.splice(0)) await provider.close?.();
    await guarded.close();
  });

  it("names the server if the proxy refuses", async () => {
    const guarded = await startTestProxy("Basic nobody");
    await expect(
      reply({ ca, proxy: { https: guarded.url } }),
    ).rejects.toMatchObject({
      reason: "unreachable",
      forOperator: expect.stringMatching(/407/),
    });
    await guarded.close();
  });

  it("says that a proxy can't be reached", async () => {
    const gone = await startTestProxy();
    await gone.close();
    await expect(
      reply({ ca, proxy: { https: gone.url } }),
    ).rejects.toMatchObject({
      reason: "unreachable",
      forOperator: expect.stringMatching(/ECONNREFUSED/),
    });
  });
});
