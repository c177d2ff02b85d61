import { fixedTokens } from "../../app/core/config/tokens";
import { useWeb, web } from "../support/start-web";

useWeb({
  originSecrets: fixedTokens("the new secret value", "the old secret value"),
});

const statusWith = async (value: string | undefined, path = "/") =>
  (
    await fetch(web.address + path, {
      headers: value === undefined ? {} : { "x-keepsake-origin": value },
    })
  ).status;

it.each(["the new secret value", "the old secret value"])(
  "serves a request with the origin's header: %s",
  async (value) => {
    expect(await statusWith(value)).toBe(200);
  },
);

it.each([undefined, "", "the new secret", "the new secret value,"])(
  "refuses a request with the origin's header %j",
  async (value) => {
    expect(await statusWith(value)).toBe(403);
  },
);

it("answers probes without the origin's header, since the load balancer can't add one", async () => {
  expect(await statusWith(undefined, "/readyz")).toBe(200);
  expect(await statusWith(undefined, "/livez")).toBe(200);
});

it("gives a refused request no session", async () => {
  const answer = await fetch(web.address);
  expect(answer.headers.get("set-cookie")).toBeNull();
});
