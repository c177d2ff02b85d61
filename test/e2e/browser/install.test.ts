import type { BrowserContext, CDPSession } from "playwright-core";
import { startWithProfile } from "../../support/start-browser";
import { startWeb, type TestWeb } from "../../support/start-web";
import { temporaryFolders } from "../../support/temporary-folder";

const newFolder = temporaryFolders();

let browser: BrowserContext;
let web: TestWeb;

beforeAll(async () => {
  browser = await startWithProfile(await newFolder());
});
afterAll(() => browser.close());
afterEach(() => web.close());

/** What Chromium finds about the page as an app. */
async function ask(session: CDPSession) {
  const { url, errors, data } = await session.send("Page.getAppManifest");
  const found = await session.send("Page.getInstallabilityErrors");
  const { installabilityErrors } = found;
  return { url, errors, data: JSON.parse(data ?? "{}"), installabilityErrors };
}

it.each(["", "/chat"])(
  "can be installed as an app by Chromium, below the path “%s”",
  async (basePath) => {
    web = await startWeb({ basePath });
    const page = await browser.newPage();
    await page.goto(`${web.address}/`);
    const session = await browser.newCDPSession(page);
    const { url, errors, data, installabilityErrors } = await ask(session);
    expect(url).toBe(`${web.address}/app.webmanifest`);
    expect(errors).toEqual([]);
    expect(installabilityErrors).toEqual([]);
    expect(data).toMatchObject({
      start_url: `${basePath}/`,
      scope: `${basePath}/`,
      display: "standalone",
    });
    for (const { src, sizes } of data.icons as {
      src: string;
      sizes: string;
    }[]) {
      const answer = await page.request.get(new URL(src, url).href);
      expect(answer.headers()["content-type"]).toBe("image/png");
      const picture = await answer.body();
      // The width and height in the header of a PNG.
      const drawn = `${picture.readUInt32BE(16)}x${picture.readUInt32BE(20)}`;
      expect(drawn).toBe(sizes);
      expect(picture.length).toBeLessThan(10_000);
    }
  },
);
