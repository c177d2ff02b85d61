import { useWeb, visitor, web } from "../support/start-web";

useWeb();

const main = (html: string) => html.slice(html.indexOf("<main"));

/** The address of the first hit of a search. */
async function firstHit(query: string): Promise<string> {
  const page = await visitor.read(`/search?q=${encodeURIComponent(query)}`);
  const [, href = ""] = /class="plainlink" href="([^"]+)"/.exec(page) ?? [];
  return href.replaceAll("&amp;", "&").replace(/#.*/, "");
}

it("marks the words in the message that a hit leads to, with a link to each place", async () => {
  web.api.script = () => ["A **bo**ld claim.\n\n- bold\n- `bold`"];
  const address = await visitor.begin("hello");
  await visitor.read(address);
  const hit = await firstHit("bold");
  const page = main(await visitor.read(hit));
  expect(page).toContain(
    '<strong><mark id="hit-1">bo</mark></strong><mark>ld</mark>',
  );
  expect(page.match(/<mark id="hit-/g)).toHaveLength(3);
  expect(page).toContain('<a href="#hit-3">3</a>');
  expect(await visitor.read(address)).not.toContain("<mark");
});

it("leads to the message where its words can't be marked", async () => {
  web.api.script = () => ["A [link](https://example.org/needle) and more."];
  const address = await visitor.begin("hello");
  await visitor.read(address);
  const page = main(await visitor.read(`${address}?message=2&find=needle`));
  expect(page).toContain('<span id="hit-1"></span><article id="m2"');
  expect(page).not.toContain("<mark");
});

it("marks nothing but words, whatever the address says", async () => {
  const address = await visitor.begin("some <b>words</b>");
  await visitor.read(address);
  for (const find of [
    "<script>",
    "%00",
    "a".repeat(5_000),
    "\u200b",
    "&find=b",
  ]) {
    const query = `?message=1&find=${encodeURIComponent(find)}`;
    const answer = await visitor.get(address + query);
    expect(answer.status).toBe(200);
    expect(await answer.text()).not.toContain("<script>");
  }
});

it("keeps the filters in the form and finds by them", async () => {
  await visitor.begin("a letter");
  const today = new Date().toISOString().slice(0, 10);
  const page = main(
    await visitor.read(`/search?q=&from=${today}&to=${today}&archived=without`),
  );
  expect(page).toContain("a letter");
  expect(page).toContain(`name="from" value="${today}"`);
  expect(page).toContain('<option value="without" selected>');
  expect(page).toContain('<details class="filters" open>');
  expect(page).toContain("Days are in UTC.");
  const before = main(await visitor.read("/search?q=letter&to=2026-01-31"));
  expect(before).toContain("No results for");
  const none = main(await visitor.read("/search?titles=only&archived=only"));
  expect(none).toContain("No conversation matches the filters.");
});

it("takes the days of the browser's time zone", async () => {
  await visitor.begin("a letter");
  const now = Date.now();
  for (const [zone, hours] of [
    ["Pacific/Kiritimati", 14],
    ["Pacific/Pago_Pago", -11],
  ] as const) {
    visitor.cookies.set("zone", zone);
    const day = new Date(now + hours * 3_600_000).toISOString().slice(0, 10);
    const page = main(await visitor.read(`/search?from=${day}&to=${day}`));
    expect(page).toContain("a letter");
    expect(page).not.toContain("Days are in UTC.");
  }
});

it("marks archived conversations", async () => {
  const address = await visitor.begin("a letter");
  await visitor.read(address);
  await visitor.post(`${address}/archive`, {});
  expect(main(await visitor.read("/search?q=letter"))).toContain(
    '<small class="quiet">Archived</small>',
  );
});

it.each([
  "from=2026-02-30",
  "to=yesterday",
  "from=0000-00-00",
  "to=2026-13-01",
  "from=12026-01-01",
  "from=a&from=b",
])("refuses the day of %s with a sentence", async (query) => {
  const answer = await visitor.get(`/search?${query}`);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain("A day must be written as 2026-01-31.");
});
