/** The claims of the shared volumes. */
export const CLAIMS = { sessions: "sessions", records: "records" };

/** The folders of the program and of its volumes. */
export const MOUNTS = {
  program: "/app",
  scratch: "/tmp",
  sessions: "/data/sessions",
  records: "/data/records",
  secrets: "/run/secrets/keepsake",
  certificate: "/run/secrets/certificate",
  backendAuthority: "/run/secrets/backend-authority",
};

/** Names of the charts' own volumes; preflight mounts web's and, as `records`, backend's. */
export const OWN_VOLUMES = [
  "tmp",
  "data",
  "secrets",
  "records",
  "certificate",
  "backend-authority",
];
