import type { k8s } from "cdk8s-plus-27";
import type { Environment } from "../schema/environment";
import { MOUNTS } from "./mounts";

/** The pods of web or backend, which serve HTTPS and reach backends by it as `tls` says. */
export interface TlsProps {
  namespace: string;
  component: "web" | "backend";
  tls: Environment["tls"];
}

/** The files of a Secret of the type kubernetes.io/tls. */
const CERTIFICATE = "tls.crt";
const KEY = "tls.key";
const AUTHORITY = "ca.crt";

export function certificateSettings({
  tls,
  component,
}: TlsProps): Record<string, string> {
  if (!tls[component]) return {};
  return {
    TLS_CERTIFICATE_FILE: `${MOUNTS.certificate}/${CERTIFICATE}`,
    TLS_KEY_FILE: `${MOUNTS.certificate}/${KEY}`,
  };
}

export function backendUrlSettings({
  tls: { backend },
  namespace,
}: TlsProps): Record<string, string> {
  if (!backend) return {};
  return {
    BACKEND_CA_FILE: `${MOUNTS.backendAuthority}/${AUTHORITY}`,
    BACKEND_CERTIFICATE_NAME: backend.name ?? `backend.${namespace}.svc`,
  };
}

export const schemeOfBackend = ({ backend }: Environment["tls"]) =>
  backend ? "https" : "http";

/** Web gets the authority of the backend's certificate, and not its key. */
export function tlsVolumes({ tls, component }: TlsProps): k8s.Volume[] {
  const { backend, [component]: own } = tls;
  return [
    ...(own ? [filesOf("certificate", own, [CERTIFICATE, KEY])] : []),
    ...(backend
      ? [
          filesOf("backend-authority", backend.authority ?? backend, [
            AUTHORITY,
          ]),
        ]
      : []),
  ];
}

export function tlsMounts({ tls, component }: TlsProps): k8s.VolumeMount[] {
  return [
    ...(tls[component] ? [mount("certificate", MOUNTS.certificate)] : []),
    ...(tls.backend
      ? [mount("backend-authority", MOUNTS.backendAuthority)]
      : []),
  ];
}

/** The Secret or the ConfigMap that has the files. */
interface Source {
  secretName?: string | undefined;
  configMapName?: string | undefined;
}

function filesOf(
  name: string,
  { secretName, configMapName }: Source,
  keys: string[],
): k8s.Volume {
  const files = {
    defaultMode: 0o444,
    items: keys.map((key) => ({ key, path: key })),
  };
  return configMapName === undefined
    ? { name, secret: { secretName, ...files } }
    : { name, configMap: { name: configMapName, ...files } };
}

/** A whole folder: Kubernetes never renews a file that is mounted by itself. */
const mount = (name: string, mountPath: string): k8s.VolumeMount => ({
  name,
  mountPath,
  readOnly: true,
});
