import { Agent } from "undici";
import { readAuthority } from "../core/runtime/certificates";
import { trustingConnector } from "../core/runtime/trusting-connector";
import type { Settings } from "./check";

/** Connects to the backend as web does. @throws ConfigError if BACKEND_CA_FILE can't be read. */
export async function backendDispatcher({
  BACKEND_URL: url,
  BACKEND_CA_FILE: file,
  BACKEND_CERTIFICATE_NAME: serverName,
}: Settings): Promise<Agent> {
  const ca = file === undefined ? undefined : await readAuthority(file);
  const trust = { ca, serverName };
  const host = url === undefined ? undefined : new URL(url).hostname;
  return new Agent({ connect: trustingConnector({}, trust, host) });
}
