import { metricDefinitions } from "../../app/core/runtime/metric-definitions";
import { startWeb } from "../support/start-web";

test("counts probes under their own routes, so that alerts can exclude them", async () => {
  const web = await startWeb({ whyNotReady: () => "it drains" });
  try {
    for (const address of ["/livez", "/readyz", "/nowhere"])
      await (await fetch(web.address + address)).arrayBuffer();
    const { name } = metricDefinitions.requests;
    const text = await web.metrics.metrics();
    const counts = text
      .split("\n")
      .filter((line) => line.startsWith(`${name}_count{`));
    expect(counts).toEqual([
      `${name}_count{method="GET",route="/livez",status="200"} 1`,
      `${name}_count{method="GET",route="/readyz",status="503"} 1`,
      expect.stringContaining('route="other",status="404"} 1'),
    ]);
  } finally {
    await web.close();
  }
});
