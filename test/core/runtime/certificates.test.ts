import { readFileSync } from "node:fs";
import path from "node:path";
import { requirePeersAccept } from "../../../app/core/runtime/certificates";

const folder = path.join(__dirname, "../../support/certificates");
const read = (name: string) => readFileSync(path.join(folder, name), "utf8");

/** For localhost and 127.0.0.1. */
const certificate = { cert: read("server.pem"), key: read("server-key.pem") };

describe("a certificate of a backend", () => {
  it.each(["https://127.0.0.1:8081", "https://localhost:8081"])(
    "needs no BACKEND_CERTIFICATE_NAME for %s",
    (ADVERTISED_URL) => {
      expect(() =>
        requirePeersAccept(certificate, { ADVERTISED_URL }),
      ).not.toThrow();
    },
  );

  it.each([
    "https://10.0.0.1:8081",
    "https://[fd00::1]:8081",
    "https://backend:8081",
  ])("needs BACKEND_CERTIFICATE_NAME for %s", (ADVERTISED_URL) => {
    expect(() => requirePeersAccept(certificate, { ADVERTISED_URL })).toThrow(
      "BACKEND_CERTIFICATE_NAME must be set",
    );
    const BACKEND_CERTIFICATE_NAME = "localhost";
    requirePeersAccept(certificate, {
      ADVERTISED_URL,
      BACKEND_CERTIFICATE_NAME,
    });
  });
});
