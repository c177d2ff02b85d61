import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { REGION, type Started } from "./aws";

/** A request that the AWS CLI sent, after it had checked it against AWS' model. */
export interface Sent {
  request: string;
  body: unknown;
}

export interface BackupService extends Started {
  sent: Sent[];
}

const point = (name: string, status: string, created: number) => ({
  RecoveryPointArn: `arn:aws:backup:${REGION}:123456789012:recovery-point:${name}`,
  CreationDate: created,
  Status: status,
});

const ANSWERS: [RegExp, object][] = [
  [
    /^GET \/resources\/[^/]+\/recovery-points\//,
    {
      RecoveryPoints: [
        point("newest", "COMPLETED", 1_790_000_000),
        point("older", "COMPLETED", 1_780_000_000),
        point("incomplete", "PARTIAL", 1_795_000_000),
      ],
    },
  ],
  [/^PUT \/restore-jobs$/, { RestoreJobId: "job-1" }],
  [
    /^GET \/restore-jobs\/job-1$/,
    { RestoreJobId: "job-1", Status: "COMPLETED" },
  ],
  [
    /^POST \/2015-02-01\/file-systems\/fs-[0-9a-f]+\/replication-configuration$/,
    {},
  ],
  [
    /^GET \/2015-02-01\/file-systems\/replication-configurations\?FileSystemId=fs-/,
    { Replications: [{ Destinations: [{ FileSystemId: "fs-1" }] }] },
  ],
  [
    /^DELETE \/2015-02-01\/file-systems\/fs-[0-9a-f]+\/replication-configuration$/,
    {},
  ],
];

/** Answers the calls of AWS Backup and of EFS' replication, which the emulator of AWS lacks. */
export async function startBackupService(): Promise<BackupService> {
  const sent: Sent[] = [];
  const answer = async (
    incoming: IncomingMessage,
    response: ServerResponse,
  ) => {
    const call = await received(incoming);
    sent.push(call);
    const known = ANSWERS.find(([expected]) => expected.test(call.request));
    response.writeHead(known ? 200 : 404, {
      "content-type": "application/json",
    });
    response.end(JSON.stringify(known?.[1] ?? { message: call.request }));
  };
  const server = createServer(
    (incoming, response) =>
      void answer(incoming, response).catch(() => response.destroy()),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port, sent, stop };
}

async function received(incoming: IncomingMessage): Promise<Sent> {
  const body = await text(incoming);
  return {
    request: `${incoming.method} ${incoming.url}`,
    body: body && (JSON.parse(body) as unknown),
  };
}
