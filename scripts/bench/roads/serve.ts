import { readFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import { serveNames } from "./dns";

/*
 * The servers in the backend's namespace: a name server on each link, and a proxy that terminates TLS
 * in front of the backend, as a load balancer does.
 */
const [certificate = "", key = "", backendPort = "", ...addresses] =
  process.argv.slice(2);

for (const pair of addresses) {
  const [port, address = ""] = pair.split("=");
  serveNames(address, Number(port));
}

createServer(
  { cert: readFileSync(certificate), key: readFileSync(key) },
  (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const onward = request(
      { host: "127.0.0.1", port: backendPort, method, path: url, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.once("error", () => outgoing.destroy());
    incoming.pipe(onward);
  },
).listen(8443);
