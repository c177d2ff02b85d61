import { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { emit } from "../constructs/emit";
import { labels } from "../constructs/labels";
import { MOUNTS } from "../constructs/mounts";
import {
  containerResources,
  containerSecurity,
  placement,
  podMetadata,
  podSecurity,
  scratch,
} from "../constructs/pod";
import type { Pods } from "../schema/pods";

export interface SweepsProps {
  namespace: string;
  image: string;
  logLevel: string;
  /** Settings of web: a sweep with shorter times would delete live sessions and their data. */
  webSettings: Record<string, string>;
  pods: Pods;
  settings: Record<string, string>;
  sessions: { claim: string; schedule: string };
  records: { claim: string; schedule: string };
}

interface Sweep {
  of: "sessions" | "records";
  claim: string;
  schedule: string;
  /** The setting with the volume's mount path. */
  setting: string;
}

const SESSION_TIMES = ["SESSION_IDLE_SECONDS", "SESSION_ABSOLUTE_SECONDS"];

/** A sweep this old waits for storage; the next one starts over. */
const DEADLINE_SECONDS = 3_600;

/** CronJobs that delete expired data: each mounts one volume, and none uses the network. */
export class SweepsChart extends Chart {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: SweepsProps,
  ) {
    super(scope, id);
    emit(this, "account", k8s.KubeServiceAccount, {
      metadata: this.metadata("sweep"),
      automountServiceAccountToken: false,
    });
    this.add({
      of: "sessions",
      setting: "SESSION_DIRECTORY",
      ...props.sessions,
    });
    this.add({ of: "records", setting: "DATA_DIRECTORY", ...props.records });
  }

  private add(sweep: Sweep): void {
    emit(this, sweep.of, k8s.KubeCronJob, {
      metadata: this.metadata(`sweep-${sweep.of}`),
      spec: {
        schedule: sweep.schedule,
        timeZone: "Etc/UTC",
        concurrencyPolicy: "Forbid",
        // Limits how many missed runs a restarted controller catches up on.
        startingDeadlineSeconds: 900,
        successfulJobsHistoryLimit: 2,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          metadata: { labels: labels(this.props.namespace, "sweep") },
          spec: {
            backoffLimit: 2,
            activeDeadlineSeconds: DEADLINE_SECONDS,
            ttlSecondsAfterFinished: 7 * 86_400,
            template: {
              metadata: podMetadata(
                this.props.pods,
                this.props.namespace,
                "sweep",
              ),
              spec: this.pod(sweep),
            },
          },
        },
      },
    });
  }

  private pod(sweep: Sweep): k8s.PodSpec {
    const mountPath = MOUNTS[sweep.of];
    return {
      serviceAccountName: "sweep",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      priorityClassName: `${this.props.namespace}-sweeping`,
      restartPolicy: "Never",
      securityContext: podSecurity,
      ...placement(this.props.pods),
      containers: [
        {
          name: "sweep",
          image: this.props.image,
          imagePullPolicy: "IfNotPresent",
          workingDir: "/app",
          command: ["sweep", sweep.of],
          env: [
            { name: sweep.setting, value: mountPath },
            { name: "LOG_LEVEL", value: this.props.logLevel },
            ...this.sessionTimes(),
            ...this.otherSettings(),
          ],
          resources: containerResources({
            cpu: "25m",
            memory: "96Mi",
            memoryLimit: "256Mi",
          }),
          securityContext: containerSecurity,
          volumeMounts: [scratch.mount, { name: "data", mountPath }],
        },
      ],
      volumes: [
        scratch.volume,
        { name: "data", persistentVolumeClaim: { claimName: sweep.claim } },
      ],
    };
  }

  private sessionTimes(): k8s.EnvVar[] {
    return SESSION_TIMES.flatMap((name) => {
      const value = this.props.webSettings[name];
      return value === undefined ? [] : [{ name, value }];
    });
  }

  private otherSettings(): k8s.EnvVar[] {
    return Object.entries(this.props.settings)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ name, value }));
  }

  private metadata(name: string) {
    const { namespace } = this.props;
    return { name, namespace, labels: labels(namespace, "sweep") };
  }
}
