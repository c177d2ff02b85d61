import { execFile } from "node:child_process";
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

  beforeAll(async () => {
    moto = await startMoto();
    env = awsEnvironment(moto.port);
  });
  afterAll(() => moto.stop());
  beforeEach(() =>
    fetch(`${env.AWS_ENDPOINT_URL}/moto-api/reset`, { method: "POST" }),
  );

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
