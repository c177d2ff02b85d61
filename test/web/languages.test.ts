import { english, localeOf } from "../../app/core/texts/locale";
import { failure } from "../support/scripted-stream";
import { expectEventually } from "../support/wait-for";
import { useWeb, visitor, web } from "../support/start-web";

useWeb();

const read = async (language: string, path = "/") => {
  const answer = await visitor.get(path, { "accept-language": language });
  return { headers: answer.headers, html: await answer.text() };
};

describe("the language of a page", () => {
  it("is the browser's", async () => {
    const { html, headers } = await read("de-AT,de;q=0.9,en;q=0.8");
    expect(html).toContain('<html lang="de-AT" dir="ltr">');
    expect(html).toContain("Wobei kann ich helfen?");
    expect(headers.get("content-language")).toBe("de");
    expect(headers.get("vary")?.toLowerCase()).toContain("accept-language");
  });

  it("runs from right to left in Arabic", async () => {
    const { html } = await read("ar");
    expect(html).toContain('<html lang="ar" dir="rtl">');
    expect(html).toContain("بماذا يمكنني مساعدتك؟");
  });

  it("is English if there is none that the browser asks for", async () => {
    for (const language of ["fr-FR, ja;q=0.5", "", "*", "x".repeat(5_000)]) {
      const { html } = await read(language);
      expect(html).toContain("What can I help with?");
    }
  });

  it("is the visitor's choice, made without a script", async () => {
    const answer = await visitor.post("/settings", { language: "ar" });
    expect(answer.status).toBe(303);
    const { html } = await read("de", "/settings");
    expect(html).toContain('<html lang="ar" dir="rtl">');
    expect(html).toContain('<option value="ar" lang="ar" selected>');
  });

  it("is the browser's again if the choice is taken back", async () => {
    await visitor.post("/settings", { language: "ar" });
    await visitor.post("/settings", { language: "" });
    expect((await read("de")).html).toContain('<html lang="de"');
  });

  it("is English after a choice that there is not", async () => {
    await visitor.post("/settings", { language: "tlh" });
    expect((await read("en")).html).toContain('<html lang="en"');
  });

  it("is that of the page of a problem", async () => {
    const answer = await visitor.get("/nowhere", {
      "accept-language": "de",
      accept: "text/html",
    });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('<html lang="de"');
  });

  it("stays when the visitor's session is reset", async () => {
    await visitor.post("/settings", { language: "de" });
    await visitor.post("/session/reset", {});
    expect((await read("en")).html).toContain('<html lang="de"');
  });
});

it("gives each language a script with its texts", async () => {
  for (const [language, text] of [
    ["en", '"Copied"'],
    ["de", '"Kopiert"'],
    ["ar", '"تم النسخ"'],
  ] as const) {
    const { html } = await read(language);
    const [, address = ""] = /src="([^"]+\.js)"/.exec(html) ?? [];
    expect(await visitor.read(address)).toContain(text);
  }
});

it("renders a message for each language", async () => {
  const address = await visitor.begin("A message");
  const german = await read("de", address);
  const inEnglish = await read("en", address);
  expect(german.html).toContain("Nachricht bearbeiten");
  expect(inEnglish.html).toContain("Edit message");
});

it("shows the reason of a failed reply in the visitor's language", async () => {
  const reason = english.t("reason.throttled");
  web.api.script = () => ["Some text", failure(reason)];
  const address = await visitor.begin("Hello");
  await expectEventually(async () => {
    const { html } = await read("de", address);
    expect(html).toContain(localeOf("de").t("reason.throttled"));
  });
  expect((await read("en", address)).html).toContain(reason);
});

it("shows a refusal of the backend in the visitor's language", async () => {
  const id = "a".repeat(26);
  const { html } = await read("de", `/projects/${id}`);
  expect(html).toContain("Dieses Projekt gibt es nicht");
  const program = await visitor.get(`/projects/${id}`, {
    accept: "text/plain",
  });
  expect(await program.text()).toContain("This project does not exist");
});

it("groups conversations by days, and counts in the visitor's way", async () => {
  await visitor.begin("Hello");
  const { html } = await read("de-DE");
  expect(html).toContain("Heute (UTC)");
  const data = await read("ar-EG", "/data");
  expect(data.html).toMatch(/[٠-٩]/);
});
