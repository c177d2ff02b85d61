import { App, Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import { emit } from "../../../k8s/constructs/emit";
import { Keepsake } from "../../../k8s/keepsake";
import eks from "../../../k8s/environments/eks";
import kind from "../../../k8s/environments/kind";

export interface SecondApp {
  app: App;
  keepsakes: Keepsake[];
}

/** Another cdk8s app, with a chart of its own and two Keepsakes in two namespaces. */
export function secondApp(): SecondApp {
  const app = new App();
  const platform = new Chart(app, "platform", {
    namespace: "default",
    labels: { team: "platform" },
  });
  emit(platform, "contacts", k8s.KubeConfigMap, {
    metadata: { name: "contacts" },
    data: { chat: "#support" },
  });
  const support = new Keepsake(platform, "support-chat", {
    ...eks,
    name: "support-chat",
    namespace: "support-chat",
    secretName: "support-chat",
  });
  const { name: _, ...local } = kind;
  const lab = new Keepsake(app, "lab-chat", {
    ...local,
    namespace: "lab-chat",
  });
  return { app, keepsakes: [support, lab] };
}
