import { HttpVisitor } from "../support/http-visitor";
import { failure } from "../support/scripted-stream";
import { scriptReply, useWeb, visitor, web } from "../support/start-web";
import { waitFor } from "../support/wait-for";

useWeb();
beforeEach(() => {
  // A page that is sent while a reply is being written is sent whole.
  visitor.cookies.set("script", "on");
});

/** Reads a conversation once nothing is being written in it. */
const settled = (path: string) =>
  waitFor(async () => {
    const html = await visitor.read(path);
    return !html.includes("data-events=") && html;
  });

/** The form that asks for another reply. */
function formIn(html: string): { action: string; key: string } | undefined {
  const [, action, key] =
    /<form class="again" method="post" action="([^"]+)"><input type="hidden" name="key" value="([^"]+)"/.exec(
      html,
    ) ?? [];
  return action && key ? { action, key } : undefined;
}

/** Asks for another reply to the last prompt, which says this. */
async function regenerate(address: string, answer: string): Promise<string> {
  web.api.script = () => [answer];
  const form = formIn(await settled(address));
  const sent = await visitor.post(form!.action, { key: form!.key });
  expect(sent.status).toBe(303);
  expect(sent.headers.get("location")).toBe(address);
  return settled(address);
}

const articlesIn = (html: string) =>
  [...html.matchAll(/<article id="(m\d+)"/g)].map(([, id]) => id);

const valueOf = (html: string, name: string) =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1];

/** Says something from a page as its form does. */
async function sendFrom(html: string, address: string, message: string) {
  const follows = valueOf(html, "follows");
  const sent = await visitor.post(`${address}/messages`, {
    message,
    ...(follows && { follows }),
  });
  expect(sent.status).toBe(303);
  return settled(address);
}

describe("another reply", () => {
  it("replaces the earlier answer, and links to it", async () => {
    const address = await visitor.begin("Hello");
    const page = await regenerate(address, "Hello to you.");
    expect(page).toContain("Hello to you.");
    expect(page).not.toContain("You said: Hello");
    expect(page).toContain("Version 2 of 2");
    expect(articlesIn(page)).toEqual(["m3", "m4"]);
    const link = `${address}?message=2#m2`;
    expect(page).toContain(
      `<a class="tool inplace" href="${link}" aria-label="Version 1">`,
    );
    const earlier = await visitor.read(link);
    expect(earlier).toContain("You said: Hello");
    expect(earlier).not.toContain("Hello to you.");
    expect(earlier).toContain("Version 1 of 2");
    expect(earlier).toContain(
      `<a class="tool inplace" href="${address}" aria-label="Version 2">`,
    );
  });

  it("precedes the next message, unless that is sent from an earlier answer", async () => {
    const address = await visitor.begin("Hello");
    const page = await regenerate(address, "Hello to you.");
    expect(valueOf(page, "follows")).toBe("4");
    const earlier = await visitor.read(`${address}?message=2`);
    expect(valueOf(earlier, "follows")).toBe("2");
    expect(earlier).toContain("continues from here");
    const after = await sendFrom(earlier, address, "Go on");
    expect(articlesIn(after)).toEqual(["m1", "m2", "m5", "m6"]);
    expect(after).toContain("Version 1 of 2");
    const other = await visitor.read(`${address}?message=4`);
    expect(articlesIn(other)).toEqual(["m3", "m4"]);
    expect(valueOf(other, "follows")).toBe("4");
    const onward = await sendFrom(other, address, "On the other way");
    expect(articlesIn(onward)).toEqual(["m3", "m4", "m7", "m8"]);
    const first = await visitor.read(`${address}?message=2`);
    expect(articlesIn(first)).toEqual(["m1", "m2", "m5", "m6"]);
  });

  it("can be requested from an earlier answer", async () => {
    const address = await visitor.begin("Hello");
    await regenerate(address, "Two.");
    const earlier = await visitor.read(`${address}?message=2`);
    const form = formIn(earlier);
    expect(form?.action).toBe(`${address}/replies/4/regenerate`);
    web.api.script = () => ["Three."];
    await visitor.post(form!.action, { key: form!.key });
    const page = await settled(address);
    expect(page).toContain("Three.");
    expect(page).toContain("Version 3 of 3");
    const middle = await visitor.read(`${address}?message=4`);
    expect(middle).toContain("Two.");
    expect(middle).toContain(`${address}?message=2#m2`);
  });

  it("is created once by a form that is sent twice", async () => {
    const address = await visitor.begin("Hello");
    const form = formIn(await settled(address))!;
    const sent = await Promise.all(
      [1, 2].map(() => visitor.post(form.action, { key: form.key })),
    );
    expect(sent.map(({ status }) => status)).toEqual([303, 303]);
    expect(await settled(address)).toContain("Version 2 of 2");
  });

  it("is refused with a message when the conversation has moved on", async () => {
    const address = await visitor.begin("Hello");
    const stale = await settled(address);
    await sendFrom(stale, address, "Go on");
    const form = formIn(stale)!;
    const refused = await visitor.post(form.action, { key: form.key });
    expect(refused.status).toBe(409);
    const html = await refused.text();
    expect(html).toContain("A newer message was sent");
    expect(html).toContain(`href="${address}"`);
  });

  it("is offered below the last reply only, and not below a failed one", async () => {
    web.api.script = () => [failure("No model.")];
    const address = await visitor.begin("Hello");
    const failed = await settled(address);
    expect(failed).toContain("/retry");
    expect(formIn(failed)).toBeUndefined();
    web.api.script = () => ["Yes."];
    const after = await sendFrom(failed, address, "Go on");
    expect(formIn(after)?.action).toBe(`${address}/replies/4/regenerate`);
    expect(after.split('class="again"')).toHaveLength(2);
    expect(formIn(await visitor.read(`${address}?before=3`))).toBeUndefined();
  });

  it("shows while it is written, with a link to the earlier answer", async () => {
    const address = await visitor.begin("Hello");
    const form = formIn(await settled(address))!;
    const reply = scriptReply(["Half of", " it."]);
    await visitor.post(form.action, { key: form.key });
    reply.next();
    const page = await waitFor(async () => {
      const html = await visitor.read(address);
      return html.includes("Half of") && html;
    });
    expect(page).toContain("data-events=");
    expect(page).toContain('aria-label="Version 1">');
    expect(await visitor.read(`${address}?message=2`)).toContain(
      "Version 1 of 2",
    );
    reply.next();
    expect(await settled(address)).toContain("Half of it.");
  });

  it("is refused from another site, and for another owner's conversation", async () => {
    const address = await visitor.begin("Hello");
    const form = formIn(await settled(address))!;
    const forged = await visitor.post(
      form.action,
      {},
      {
        origin: "https://evil.example",
      },
    );
    expect(forged.status).toBe(403);
    const other = new HttpVisitor(web.address);
    expect((await other.post(form.action, {})).status).toBe(404);
    expect(
      (await visitor.post(`${address}/replies/3/regenerate`, {})).status,
    ).toBe(404);
    expect(await settled(address)).not.toContain("Version 2");
  });
});

describe("an edited message", () => {
  it("becomes a version, by a form alone", async () => {
    const address = await visitor.begin("Hello");
    const page = await settled(address);
    const [, link = ""] = /href="([^"]*edit=1#edit)"/.exec(page) ?? [];
    const form = await visitor.read(link.replaceAll("&amp;", "&"));
    expect(form).toMatch(/name="message" rows="3"[^>]*>\nHello<\/textarea>/);
    expect(valueOf(form, "insteadOf")).toBe("1");
    const sent = await visitor.post(`${address}/messages`, {
      message: "Good day",
      insteadOf: "1",
    });
    expect(sent.status).toBe(303);
    const after = await settled(address);
    expect(articlesIn(after)).toEqual(["m3", "m4"]);
    expect(after).toContain("You said: Good day");
    expect(after).toContain("Version 2 of 2");
    const before = await visitor.read(`${address}?message=2`);
    expect(articlesIn(before)).toEqual(["m1", "m2"]);
    const damaged = await visitor.post(`${address}/messages`, {
      message: "Not lost",
      insteadOf: "x",
    });
    expect(damaged.status).toBe(400);
    expect(await damaged.text()).toContain("Not lost</textarea>");
  });

  it("may be any of them: each version keeps the messages after it", async () => {
    const address = await visitor.begin("One");
    let page = await settled(address);
    for (const text of ["Two", "Three"]) {
      page = await sendFrom(page, address, text);
    }
    await visitor.post(`${address}/messages`, {
      message: "Other two",
      insteadOf: "3",
    });
    const edited = await settled(address);
    expect(articlesIn(edited)).toEqual(["m1", "m2", "m7", "m8"]);
    expect(edited).toContain("Version 2 of 2");
    const [, link = ""] = /href="([^"]+)" aria-label="Version 1"/.exec(edited)!;
    const earlier = await visitor.read(link);
    expect(articlesIn(earlier)).toEqual(["m1", "m2", "m3", "m4", "m5", "m6"]);
    const onward = await sendFrom(earlier, address, "Four");
    expect(articlesIn(onward)).toEqual(
      [1, 2, 3, 4, 5, 6, 9, 10].map((number) => `m${number}`),
    );
    // From the page as it was before: the same thread goes on.
    const late = await sendFrom(earlier, address, "Five");
    expect(articlesIn(late)).toEqual(
      [1, 2, 3, 4, 5, 6, 9, 10, 11, 12].map((number) => `m${number}`),
    );
    const other = await visitor.read(`${address}?message=8`);
    expect(articlesIn(other)).toEqual(["m1", "m2", "m7", "m8"]);
  });
});

it("deletes a message with its reply, and restores them", async () => {
  const address = await visitor.begin("One");
  const page = await sendFrom(await settled(address), address, "Two");
  await sendFrom(page, address, "Three");
  const answer = await visitor.post(`${address}/turns/3/delete`, {});
  const location = answer.headers.get("location") ?? "";
  const after = await visitor.read(location);
  expect(articlesIn(after)).toEqual(["m1", "m2", "m5", "m6"]);
  expect(after).toContain("Message and reply deleted.");
  expect(await visitor.read("/search?q=Two")).toContain("No results");
  const exported = await (await visitor.get("/data/download")).text();
  expect(exported).not.toContain('"Two"');
  await visitor.post(`${address}/turns/3/restore`, {});
  const restored = await visitor.read(address);
  expect(articlesIn(restored)).toEqual(
    [1, 2, 3, 4, 5, 6].map((number) => `m${number}`),
  );
  const missing = await visitor.post(`${address}/turns/9/delete`, {});
  expect(missing.status).toBe(404);
  const invalid = await visitor.post(`${address}/turns/2/delete`, {});
  expect(invalid.status).toBe(404);
  const made = await visitor.read(`${address}?removed=5`);
  expect(made).not.toContain("Message and reply deleted.");
});

describe("a long conversation with many regenerated replies", () => {
  it("links back to its beginning along the versions that it continued from", async () => {
    const address = await visitor.begin("Turn 1");
    for (let turn = 1; turn <= 24; turn++) {
      const page = await regenerate(address, `Second answer ${turn}.`);
      const number = Number(valueOf(page, "follows"));
      const from =
        turn % 3 === 0
          ? await visitor.read(`${address}?message=${number - 2}`)
          : page;
      web.api.script = (prompt) => [`First answer to ${prompt}.`];
      await sendFrom(from, address, `Turn ${turn + 1}`);
    }
    const seen: string[] = [];
    let html = await settled(address);
    for (let pages = 1; pages < 100; pages++) {
      const texts = [
        ...html.matchAll(/<div class="text[^"]*">([^]*?)<\/div>/g),
      ];
      seen.unshift(...texts.map(([, text = ""]) => text.trim()));
      const [, older] =
        /href="([^"]*)"[^>]*>Earlier messages</.exec(html) ?? [];
      if (!older) break;
      html = await visitor.read(older.replaceAll("&amp;", "&"));
      expect(html).toContain("Jump to latest");
    }
    const expected = Array.from({ length: 25 }, (_, index) => {
      const turn = index + 1;
      const isFirst = turn % 3 === 0 || turn === 25;
      const answer =
        turn === 1 || !isFirst
          ? `Second answer ${turn}.`
          : `First answer to Turn ${turn}.`;
      return [`Turn ${turn}`, `<p>${answer}</p>`];
    });
    expect(seen).toEqual(expected.flat());
  });
});

test("a number in the address that can't be a message's is refused", async () => {
  const address = await visitor.begin("Hello");
  for (const number of ["0", "-2", "x", "1e9", "2.5"]) {
    const answer = await visitor.get(`${address}?message=${number}`);
    expect([number, answer.status]).toEqual([number, 400]);
  }
  // A missing message shows the conversation.
  expect(await visitor.read(`${address}?message=77`)).toContain("Hello");
});
