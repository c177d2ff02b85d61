import { markdownTable } from "../../support/generated-table";
import { median } from "../session-stores/rounds";
import {
  describeLoad,
  describeMachine,
  describeVersions,
  type Moment,
} from "./machine";
import type { Measure, Part } from "./measure";

export interface Results {
  part: Part;
  measures: Measure[];
  /** The reason why there are none. */
  failure?: string;
  begun: Moment;
  ended: Moment;
}

/** The Markdown page with all figures. */
export function pageOf(results: Results[], isQuick: boolean): string {
  const { begun, ended, minutes } = spanOf(results);
  return [
    "# Benchmarks",
    `\`scripts/bench/all\` wrote this page: it measures, and overwrites it. Each figure is the median of the rounds, with the lowest and the highest. In each round all chats took turns. The ratio is the first row's advantage: above 1, the first row is better.`,
    [
      `- Run: ${begun.at.toISOString().slice(0, 16).replace("T", " ")} UTC, ${minutes} minutes${isQuick ? ", `--quick`: fewer and shorter rounds" : ""}`,
      `- Machine: ${describeMachine()}`,
      `- Load: ${describeLoad(begun, ended)}`,
      `- Versions: ${describeVersions()}`,
    ].join("\n"),
    CHATS,
    ...results.flatMap(({ part, measures, failure }) => [
      `## ${part.title}`,
      part.method.map((sentence) => `- ${sentence}`).join("\n"),
      ...(failure ? [`This part failed: ${failure}`] : []),
      ...measures.map(measureTable),
    ]),
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}

const time = ({ at }: Moment) => at.getTime();

/** From the first part that was measured to the last one; parts may come from several runs. */
function spanOf(results: Results[]) {
  const inOrder = results.toSorted((a, b) => time(a.begun) - time(b.begun));
  const [first] = inOrder;
  const last = inOrder.at(-1);
  if (!first || !last) throw new Error("Nothing was measured.");
  const ms = results.map(({ begun, ended }) => time(ended) - time(begun));
  const minutes = Math.round(ms.reduce((a, b) => a + b, 0) / 60_000);
  return { begun: first.begun, ended: last.ended, minutes };
}

const CHATS = `Servers, clients and the model share the machine. All chats speak to one stand-in for a model, in the client's process:

- **Keepsake**: one web process and one backend, with the model of Amazon Bedrock. It saves each message and flushes it to disk.
- **Streamlit**: [one page](../scripts/bench/peers/streamlit-chat.py), with a pickle file for each session and the model of Bedrock by boto3. The client speaks its protocol: Protocol Buffers over a WebSocket.
- **Chainlit**: [one handler](../scripts/bench/peers/chainlit-chat.py), with an OpenAI-compatible model. It saves nothing. The client speaks its protocol: Socket.IO over a WebSocket.
- **Gradio**: [a chat interface](../scripts/bench/peers/gradio-chat.py), with an OpenAI-compatible model. It saves nothing. The client speaks the protocol of Gradio's own client; a browser sends more requests for each message.`;

export function measureTable(measure: Measure): string {
  const { title, unit, values, notes } = measure;
  const [reference = NaN] = [...values.values()].map(median);
  const names = new Set([...values.keys(), ...notes.keys()]);
  const rows = [...names].map((name) => {
    const seen = values.get(name) ?? [];
    const note = notes.get(name) ?? "";
    return `| ${[name, ...cellsOf(seen, reference, measure), note].join(" | ")} |`;
  });
  return [
    `| ${title} | ${unit} | lowest to highest | rounds | ratio | |`,
    "| --- | --: | --: | --: | --: | --- |",
    ...rows,
  ].join("\n");
}

function cellsOf(
  values: number[],
  reference: number,
  { better }: Measure,
): string[] {
  if (values.length === 0) return ["none", "", "0", ""];
  const middle = median(values);
  const ratio = better === "lower" ? middle / reference : reference / middle;
  return [
    rounded(middle),
    `${rounded(Math.min(...values))} to ${rounded(Math.max(...values))}`,
    String(values.length),
    middle === reference ? "" : rounded(ratio),
  ];
}

/** The medians of the measures in which all these chats took part. */
export function summaryTable(measures: Measure[], names: string[]): string {
  const rows = measures
    .filter(({ values }) => values.has(names[0] ?? ""))
    .map(({ title, unit, values }) => [
      `${title}, ${unit}`.replace("a second, a second", "a second"),
      ...names.map((name) => shownMedian(values.get(name))),
    ]);
  return markdownTable([["", ...names], ...rows]);
}

const shownMedian = (values: number[] | undefined) =>
  values ? rounded(median(values)) : "failed";

/** Three digits, and no fewer than the whole number has. */
function rounded(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}
