import { request } from "node:http";
import { restartWeb, useWeb, visitor, web } from "../support/start-web";

useWeb({ allowedHosts: ["localhost", "Chat.example.com", "[::1]"] });

/** Sends a request under a host name, which fetch would not. */
function under(
  host: string,
  path = "/",
  { method = "GET", ...headers }: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const { port } = new URL(web.address);
  return new Promise((resolve, reject) => {
    const all = { ...headers, host };
    request({ host: "127.0.0.1", port, path, method, headers: all })
      .on("error", reject)
      .on("response", (response) => {
        let text = "";
        response
          .on("data", (chunk: Buffer) => (text += chunk.toString()))
          .on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      })
      .end();
  });
}

it.each([
  "localhost",
  "localhost:8080",
  "LOCALHOST:1",
  "chat.example.com",
  "chat.example.com.",
  "[::1]:8080",
])("serves pages under the allowed host %s", async (host) => {
  expect((await under(host)).status).toBe(200);
});

it.each([
  "evil.example",
  "evil.example:8080",
  "localhost.evil.example",
  "chat.example.com:80:80",
  "127.0.0.1",
  "<script>",
  "",
])("refuses a request under the foreign host %s", async (host) => {
  const { status, text } = await under(host);
  expect(status).toBe(421);
  expect(text).toContain("ALLOWED_HOSTS");
  expect(text).not.toContain("<script>");
});

it("refuses the message of a page whose name was rebound to this machine", async () => {
  const { status } = await under("evil.example:8080", "/conversations", {
    method: "POST",
    origin: "http://evil.example:8080",
    "sec-fetch-site": "same-origin",
    "x-forwarded-host": "localhost",
  });
  expect(status).toBe(421);
});

it.each(["/livez", "/readyz"])(
  "answers the probe %s under a pod's address",
  async (path) => {
    expect((await under("10.1.2.3:8080", path)).status).toBe(200);
  },
);

it("serves any host with *", async () => {
  await restartWeb({ allowedHosts: ["*"] });
  expect((await visitor.get("/")).status).toBe(200);
  expect((await under("evil.example")).status).toBe(200);
});
