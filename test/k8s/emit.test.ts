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
  test("is written as it was given", () => {
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

  test("stops the synth if its class drops a field, and names it", () => {
    const planted = deployment(
      {},
      { restartPolicyRules: [], fieldOfTomorrow: 1 },
    );
    expect(() => emit(newChart(), "web", k8s.KubeDeployment, planted)).toThrow(
      "Deployment web: the typed class KubeDeployment dropped spec.template.spec.containers[0].fieldOfTomorrow. " +
        "Import newer types, or add this object as a plain ApiObject.",
    );
  });

  test("stops the synth if a whole list of what it doesn't know is dropped", () => {
    const planted = deployment({ helpers: [{ name: "a" }] });
    expect(() => emit(newChart(), "web", k8s.KubeDeployment, planted)).toThrow(
      "dropped spec.template.spec.helpers[0]",
    );
  });

  test("may be a plain object, which drops nothing", () => {
    const chart = newChart();
    const object = new Plain(chart, "web", {
      ...deployment({ fieldOfTomorrow: 1 }),
    });
    expect(object.toJson()).toMatchObject({
      spec: { template: { spec: { fieldOfTomorrow: 1 } } },
    });
  });

  test("may write a field in another case than its property has", () => {
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
