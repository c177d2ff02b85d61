import { type ClientRequest, request } from "node:http";
import type { AddressInfo } from "node:net";
import { createHttpServer, limitBody } from "../../../app/core/runtime/server";
import { waitFor } from "../../support/wait-for";

const server = createHttpServer((received, response) => {
  limitBody(received, 50);
  received.resume().once("end", () => {
    // Longer than the limit: a body that has arrived has none.
    setTimeout(() => response.end("read"), 200);
  });
});

beforeAll(() => new Promise<void>((done) => server.listen(0, done)));
afterAll(() => new Promise((done) => server.close(done)));

function post(): ClientRequest {
  const { port } = server.address() as AddressInfo;
  return request({ port, method: "POST", agent: false });
}

it("ends the connection of a client that does not send all of its body", async () => {
  let error: Error | undefined;
  const sent = post().once("error", (it) => (error = it));
  sent.write("a part");
  expect(await waitFor(() => error)).toHaveProperty("code", "ECONNRESET");
});

it("leaves a client alone whose body has arrived", async () => {
  let status: number | undefined;
  post()
    .once("response", (answer) => {
      status = answer.resume().statusCode;
    })
    .end("all of it");
  expect(await waitFor(() => status)).toBe(200);
});
