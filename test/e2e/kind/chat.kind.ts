import { HttpVisitor } from "../../support/http-visitor";
import { testChat } from "./support/chat-tests";
import { settings } from "./support/cluster";

/** The pod that served a page, according to its sidebar. */
async function servedBy(visitor: HttpVisitor): Promise<string> {
  const html = await visitor.read("/");
  return /Served by<\/dt><dd>([^<]+)/.exec(html)?.[1] ?? "";
}

testChat();

it("the sticky cookie holds a browser on one pod, and spreads browsers over pods", async () => {
  const visitor = new HttpVisitor(settings.url);
  const pods = new Set<string>();
  for (let asked = 0; asked < 15; asked += 1) pods.add(await servedBy(visitor));
  expect(pods.size).toBe(1);
  const strangers = new Set<string>();
  for (let asked = 0; asked < 15; asked += 1) {
    strangers.add(await servedBy(new HttpVisitor(settings.url)));
  }
  expect(strangers.size).toBeGreaterThan(1);
});
