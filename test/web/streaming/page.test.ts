import { renderMarkdown } from "../../../app/web/rendering/growing-markdown";
import { failure, scriptedStream } from "../../support/scripted-stream";
import { scriptReply, useWeb, visitor, web } from "../../support/start-web";

useWeb();

async function readWhile(
  address: string,
  see: (sofar: string) => void,
): Promise<string> {
  const answer = await visitor.get(address);
  let page = "";
  for await (const chunk of answer.body ?? []) {
    page += Buffer.from(chunk).toString("utf8");
    see(page);
  }
  return page;
}

/** The visible part of a streamed page's reply, with the style sheet applied. */
function shownReply(page: string): string {
  const attempts = page.split('<div class="attempt">').slice(1);
  const last = attempts.at(-1)?.split("</div><i")[0] ?? "";
  return last.replace(/<span class="tail">[^]*?<\/span>(?=<)/g, "");
}

describe("the page of a reply in progress, without a script", () => {
  it("shows text before the reply has ended, and all of it in the end", async () => {
    const steps = ["First **bold**.\n\n", "- a\n- b"];
    const reply = scriptReply(steps);
    const address = await visitor.begin("hello");
    reply.next();
    const early: string[] = [];
    const page = await readWhile(address, (sofar) => {
      if (early.length > 0 || !sofar.includes("First **bold**")) return;
      early.push(sofar);
      reply.next();
    });
    expect(early[0]).toContain('aria-label="Stop"');
    expect(early[0]).not.toContain("- a");
    expect(early[0]).not.toContain("</html>");
    expect(page).toContain("</html>");
    expect(shownReply(page)).toBe(renderMarkdown(steps.join("")));
  });

  it("shows the reason of a failure, and offers Retry", async () => {
    const reason = "The model is <gone>.";
    const text = "One two";
    web.api.script = () => [text, failure(reason)];
    const address = await visitor.begin("hello");
    const page = await visitor.read(address);
    expect(page).toContain("The model is &lt;gone&gt;.");
    expect(page).toContain(`action="${address}/replies/2/retry"`);
  });

  it("shows only the restarted answer", async () => {
    const reply = scriptReply(["One two three", " unsent"]);
    const address = await visitor.begin("hello");
    reply.next();
    let takeover: Promise<void> | undefined;
    const page = await readWhile(address, (sofar) => {
      if (!sofar.includes("three")) return;
      web.api.script = () => ["Four five six"];
      takeover ??= web.api.takeOver("restart");
    });
    await takeover;
    expect(shownReply(page)).toBe("<p>Four five six</p>");
    expect(page).toContain("started the reply again");
  });

  it("shows a notice until the reply continues", async () => {
    const reply = scriptReply([
      "One",
      { kind: "waiting", ms: 0, message: "Waiting for <it>." },
      " two",
    ]);
    const address = await visitor.begin("hello");
    reply.next();
    let steps = 0;
    const page = await readWhile(address, (sofar) => {
      const signs = ["One", "Waiting for &lt;it&gt;."];
      if (signs[steps] && sofar.includes(signs[steps] ?? "")) {
        steps++;
        reply.next();
      }
    });
    expect(steps).toBe(2);
    expect(shownReply(page)).toBe("<p>One two</p>");
  });

  it("has the reasoning as it grows, and folded above the answer", async () => {
    const thoughts = Array.from({ length: 20 }, (_, i) => ({
      kind: "reasoning" as const,
      text: `thought ${i}`,
    }));
    const reply = scriptReply([...thoughts, "So it is."]);
    const address = await visitor.begin("hello");
    let isTold = false;
    const page = await readWhile(address, (sofar) => {
      if (isTold) return;
      isTold = sofar.includes("thought 3");
      reply.next(isTold ? 20 : 1);
    });
    const grown = thoughts.map(({ text }) => text).join("");
    expect(page.split("Thinking…")).toHaveLength(2);
    expect(page).toMatch(
      `<details class="reasoning"><summary>Thought for 1 s</summary><div class="thoughts plain">${grown}</div></details><div class="attempt">`,
    );
    expect(shownReply(page)).toBe("<p>So it is.</p>");
  });

  it("offers to continue elsewhere in a drain, and keeps the draft", async () => {
    const reply = scriptReply(["One ", "two", " three"]);
    const address = await visitor.begin("hello");
    reply.next(2);
    const answer = await visitor.get(address);
    let page = "";
    for await (const chunk of answer.body ?? []) {
      page += Buffer.from(chunk).toString("utf8");
      if (page.includes("One two")) void web.streams.closeGradually(1);
    }
    // An automatic reload would lose the draft.
    expect(page).not.toContain('http-equiv="refresh"');
    expect(page).toContain(
      `This server is shutting down. <button class="button" form="composer" formaction="${address}" formnovalidate>`,
    );
    reply.next();
    const next = await visitor.post(address, { message: "typed <meanwhile>" });
    const further = await next.text();
    expect(further).toContain("One two");
    expect(further).toContain("\ntyped &lt;meanwhile&gt;</textarea>");
  });

  it.each([
    ["read on", ""],
    ["stopped", "/replies/2/stop"],
    ["retried", "/replies/2/retry"],
  ])(
    "keeps what was typed for its message when it can't be %s",
    async (_, way) => {
      const nowhere = `/conversations/${"a".repeat(26)}`;
      const answer = await visitor.post(nowhere + way, { message: "typed" });
      const page = await answer.text();
      expect(answer.status).toBe(404);
      expect(page).toContain("\ntyped</textarea>");
      expect(page).toContain(`action="${nowhere}/messages"`);
    },
  );

  it("is sent at once to a browser that runs the script", async () => {
    web.api.script = () => scriptedStream(["One"]).script();
    const address = await visitor.begin("hello");
    visitor.cookies.set("script", "on");
    const page = await visitor.read(address);
    expect(page).toContain("</html>");
    expect(page).toContain("data-events");
    await visitor.post(`${address}/replies/2/stop`, {});
  });

  it("is sent again to a browser whose script was disabled", async () => {
    visitor.cookies.set("script", "on");
    const address = await visitor.begin("hello");
    expect(await visitor.read(address)).toContain(
      '<noscript><meta http-equiv="refresh" content="0; url=?script=off">',
    );
    const answer = await visitor.get(`${address}?script=off`);
    expect(answer.headers.get("location")).toBe(address);
    expect(visitor.cookies.get("script")).toBe("");
  });

  it.each([
    ["//elsewhere.example/x?script=off", "/elsewhere.example/x"],
    ["/\\elsewhere.example?script=off", "/elsewhere.example"],
    ["/search?script=off&q=a%26b", "/search?q=a%26b"],
  ])("asked for %s, leads to no other host", async (asked, location) => {
    const answer = await visitor.get(asked);
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe(location);
  });
});
