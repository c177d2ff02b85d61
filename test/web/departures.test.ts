import { createLog } from "../../app/core/runtime/log";
import { openRequest } from "../support/broken-request";
import { restartWeb, useWeb, visitor, web } from "../support/start-web";
import { waitFor } from "../support/wait-for";

useWeb();

let lines: string[];
beforeEach(async () => {
  lines = [];
  const write = (line: string) => void lines.push(line);
  await restartWeb({ log: createLog("debug", {}, { write }) });
  await visitor.read("/");
  lines.splice(0);
});

const secrets = {
  cookie: "a-planted-cookie",
  key: "a-planted-key",
  token: "a-planted-identity-token",
  message: "a-planted-message",
};

const head = (framing: string) => [
  "POST /conversations HTTP/1.1",
  `host: ${new URL(web.address).host}`,
  `origin: ${web.address}`,
  "content-type: application/x-www-form-urlencoded",
  framing,
  `cookie: ${visitor.cookie}; other=${secrets.cookie}`,
  `authorization: Bearer ${secrets.key}`,
  `x-amzn-oidc-data: ${secrets.token}`,
];

/** Waits for the log line of the request, and expects no fault in the log or in the metrics. */
async function expectDeparture(): Promise<void> {
  const find = () => lines.find((line) => line.includes("request completed"));
  await waitFor(async () => find() !== undefined);
  expect(JSON.parse(find()!)).toMatchObject({ status: 499 });
  const log = lines.join("");
  expect(log).not.toMatch(/"level":"(?:warn|error)"/);
  for (const secret of Object.values(secrets)) {
    expect(log).not.toContain(secret);
  }
  expect(log.length).toBeLessThan(3_000);
  expect(await web.metrics.metrics()).not.toMatch(/status="5/);
}

it("logs no secret of a chunked body that can't be parsed, and counts no fault", async () => {
  const { message } = secrets;
  const request = await openRequest(
    web.server,
    head("transfer-encoding: chunked"),
    `${message.length.toString(16)}\r\n${message}\r\nZZ\r\n${message}\r\n`,
  );
  expect(await request.answer()).toMatch(/^HTTP\/1\.1 400 /);
  await expectDeparture();
});

it("counts an aborted upload as a departure, not as a fault", async () => {
  const body = `message=${secrets.message}`;
  const request = await openRequest(
    web.server,
    head("content-length: 1000"),
    body,
  );
  request.leave();
  await expectDeparture();
});
