import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { liveTimes } from "../../../app/preflight/ingress/live-alb";
import { clusterOf } from "../../preflight/support";
import {
  awsEnvironment,
  awsOf,
  REGION,
  type Started,
  startMoto,
  withAws,
} from "./support/aws";

const run = promisify(execFile);

withAws("against a stand-in for AWS", () => {
  let moto: Started;
  let env: Record<string, string>;
  let folder: string;

  beforeAll(async () => {
    moto = await startMoto();
    env = awsEnvironment(moto.port);
    folder = await mkdtemp(path.join(os.tmpdir(), "aws-"));
  });
  afterAll(async () => {
    moto.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() =>
    fetch(`${env.AWS_ENDPOINT_URL}/moto-api/reset`, { method: "POST" }),
  );

  it("docs/eks.md creates a deployment in an empty account and removes it, command by command", async () => {
    const guide = await readFile("docs/eks.md", "utf8");
    const blocks = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(
      ([, commands]) => commands,
    );
    expect(blocks.length).toBeGreaterThan(8);
    const script = path.join(folder, "guide.sh");
    const before = await readFile("test/e2e/kind/support/eks-guide.sh", "utf8");
    await writeFile(script, [before, ...blocks].join("\n"));
    await run("bash", [script], {
      cwd: folder,
      env: { ...process.env, ...env },
      maxBuffer: 64 * 1024 * 1024,
    });

    const others = await readFile(path.join(folder, "others"), "utf8");
    expect(others).toMatch(/^eksctl create cluster -f \/\S+\/cluster\.yaml$/m);
    // The clone must equal its commit.
    expect(await readdir(folder)).toEqual(["guide.sh", "others"]);
    expect(others).toContain("scripts/deploy eks\n");
    expect(others).toContain("eksctl delete cluster --name keepsake --wait");
    const aws = awsOf(env);
    expect(await aws("efs", "describe-file-systems")).toEqual(
      expect.objectContaining({ FileSystems: [] }),
    );
    expect(await aws("acm", "list-certificates")).toEqual(
      expect.objectContaining({ CertificateSummaryList: [] }),
    );
    expect(await aws("ecr", "describe-repositories")).toEqual(
      expect.objectContaining({ repositories: [] }),
    );
    const policies = await aws("iam", "list-policies", "--scope", "Local");
    expect(policies.Policies).toEqual([]);
  });

  it("preflight reads the live target group's deregistration delay and its load balancer's idle time-out", async () => {
    const arn = await loadBalancer(awsOf(env));
    const cluster = clusterOf({
      "/apis/elbv2.k8s.aws/v1beta1/namespaces/keepsake/targetgroupbindings": {
        items: [{ metadata: { name: "web" }, spec: { targetGroupARN: arn } }],
      },
    });
    const command = async (name: string, args: string[]) =>
      (await run(name, args, { env: { ...process.env, ...env } })).stdout;
    expect(await liveTimes({ cluster, command })).toEqual({
      deregistrationDelay: 40,
      idleTimeout: 75,
    });
  });
});

/** An ALB with one target group, as the controller makes them. @returns The group's ARN. */
async function loadBalancer(aws: ReturnType<typeof awsOf>): Promise<string> {
  const first = async (list: string, field: string, ...args: string[]) =>
    ((await aws(...args))[list] as Record<string, string>[])[0]![field]!;
  const vpc = await first("Vpcs", "VpcId", "ec2", "describe-vpcs");
  const subnets = await Promise.all(
    ["a", "b"].map((zone) =>
      first(
        "Subnets",
        "SubnetId",
        "ec2",
        "describe-subnets",
        "--filters",
        `Name=availability-zone,Values=${REGION}${zone}`,
      ),
    ),
  );
  const balancer = await first(
    "LoadBalancers",
    "LoadBalancerArn",
    ..."elbv2 create-load-balancer --name keepsake --subnets".split(" "),
    ...subnets,
  );
  const group = await first(
    "TargetGroups",
    "TargetGroupArn",
    ..."elbv2 create-target-group --name web --protocol HTTP --port 8080 --target-type ip --vpc-id".split(
      " ",
    ),
    vpc,
  );
  const set = (what: string, arn: string, attribute: string) =>
    aws(
      "elbv2",
      `modify-${what}-attributes`,
      `--${what}-arn`,
      arn,
      "--attributes",
      attribute,
    );
  await aws(
    ..."elbv2 create-listener --protocol HTTP --port 80 --load-balancer-arn".split(
      " ",
    ),
    balancer,
    "--default-actions",
    `Type=forward,TargetGroupArn=${group}`,
  );
  await set(
    "target-group",
    group,
    "Key=deregistration_delay.timeout_seconds,Value=40",
  );
  await set(
    "load-balancer",
    balancer,
    "Key=idle_timeout.timeout_seconds,Value=75",
  );
  return group;
}
