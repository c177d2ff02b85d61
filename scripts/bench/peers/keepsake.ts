import { startFleet } from "../fleet";
import { Visitor } from "../support";
import type { ChatVisitor, Contestant } from "./chat";

/** One web process and one backend, with the model of Bedrock that Streamlit's chat has. */
export const keepsake: Contestant = {
  name: "Keepsake",
  box: "textarea",
  restores: true,
  start: async (env) => {
    const begun = performance.now();
    const fleet = await startFleet(1, { ...keepsakeEnvironment, ...env });
    const url = fleet.webs[0]?.url ?? "";
    await (await fetch(url)).arrayBuffer();
    return {
      url,
      startMs: performance.now() - begun,
      memory: () =>
        [...fleet.webs, ...fleet.backends].reduce(
          (sum, member) => sum + member.memory(),
          0,
        ),
      visitor: () => new KeepsakeVisitor(url),
      stop: () => fleet.stop(),
    };
  },
};

export const keepsakeEnvironment = {
  MODEL_PROVIDER: "bedrock",
  MODELS: "bedrock/amazon.nova-pro-v1:0=Nova Pro",
  // The other chats ask the model for no titles.
  MODEL_TITLES: "off",
  // As `scripts/start` sets them.
  UV_THREADPOOL_SIZE: "16",
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
};

/** Posts the page's forms and follows its event stream, as its script does. */
class KeepsakeVisitor implements ChatVisitor {
  private readonly visitor: Visitor;
  private conversation: string | undefined;
  private number = 0;

  constructor(url: string) {
    this.visitor = new Visitor(url);
  }

  async open(): Promise<void> {
    const answer = await this.visitor.get(this.conversation ?? "/");
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`the page answered ${answer.status}`);
  }

  async send(message: string, onText: (text: string) => void): Promise<void> {
    const { conversation } = this;
    const action = conversation ? `${conversation}/messages` : "/conversations";
    const target = await this.visitor.post(action, { message });
    this.conversation ??= target;
    this.number += 2;
    await this.visitor.follow(this.conversation, this.number, onText);
  }

  close(): void {}
}
