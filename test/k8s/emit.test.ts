import { ApiObject, Testing } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import { emit } from "../../k8s/constructs/emit";
import { newChart } from "./support/manifests";

const deployment = (podFields: object, containerFields: object = {}) => ({
  metadata: { name: "web" },
  spec: {
    selector: {},
    template: {
      spec: {
        ...podFields,
        containers: [{ name: "web", ...containerFields }],
      },
    },
  },
});

describe("an object of a typed class", () => {
  test("an object of a typed class is written as given", () => {
    const chart = newChart();
    emit(chart, "web", k8s.KubeDeployment, deployment({ hostNetwork: false }));
    expect(Testing.synth(chart)).toEqual([
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        ...deployment({ hostNetwork: false }),
      },
    ]);
  });

  test("a typed class that drops a field stops the synth, which names the field", () => {
    const planted = deployment(
      {},
      { restartPolicyRules: [], fieldOfTomorrow: 1 },
    );
    expect(() => emit(newChart(), "web", k8s.KubeDeployment, planted)).toThrow(
      "Deployment web: the typed class KubeDeployment dropped spec.template.spec.containers[0].fieldOfTomorrow. " +
        "Import newer types, or add this object as a plain ApiObject.",
    );
  });

  test("a typed class that drops a whole list of unknown values stops the synth", () => {
    const planted = deployment({ helpers: [{ name: "a" }] });
    expect(() => emit(newChart(), "web", k8s.KubeDeployment, planted)).toThrow(
      "dropped spec.template.spec.helpers[0]",
    );
  });

  test("a plain object keeps every field", () => {
    const chart = newChart();
    const object = new Plain(chart, "web", {
      ...deployment({ fieldOfTomorrow: 1 }),
    });
    expect(object.toJson()).toMatchObject({
      spec: { template: { spec: { fieldOfTomorrow: 1 } } },
    });
  });

  test("a field may be written with other punctuation than its property", () => {
    const schema = { type: "object", xKubernetesPreserveUnknownFields: true };
    const chart = newChart();
    emit(chart, "crd", k8s.KubeCustomResourceDefinition, {
      metadata: { name: "things.example.com" },
      spec: {
        group: "example.com",
        names: { kind: "Thing", plural: "things" },
        scope: "Namespaced",
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openApiv3Schema: schema },
          },
        ],
      },
    });
    expect(JSON.stringify(Testing.synth(chart))).toContain(
      '"x-kubernetes-preserve-unknown-fields":true',
    );
  });

  test("a field may be written in another case than its property", () => {
    const service = {
      metadata: { name: "web" },
      spec: { clusterIp: "None", clusterIPs: undefined },
    };
    const chart = newChart();
    emit(chart, "web", k8s.KubeService, service);
    expect(Testing.synth(chart)[0]).toMatchObject({
      spec: { clusterIP: "None" },
    });
  });
});

class Plain extends ApiObject {
  constructor(...[scope, id, props]: [ApiObject["chart"], string, object]) {
    super(scope, id, { apiVersion: "apps/v1", kind: "Deployment", ...props });
  }
}
