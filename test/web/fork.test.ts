import { useWeb, visitor } from "../support/start-web";
import { waitFor } from "../support/wait-for";

useWeb();

const forksIn = (html: string) =>
  [...html.matchAll(/action="([^"]+\/messages\/(\d+)\/fork)"/g)].map(
    ([, address = "", number]) => ({ address, number: Number(number) }),
  );

test("each message has a button that opens a conversation with the messages up to it", async () => {
  const path = await visitor.begin("About roses");
  const page = await waitFor(async () => {
    const html = await visitor.read(path);
    return html.includes("You said: About roses") && html;
  });
  const forks = forksIn(page);
  expect(forks.map(({ number }) => number)).toEqual([1, 2]);
  expect(page).toContain('aria-label="Fork from here"');
  const answer = await visitor.post(forks[1]!.address, {});
  expect(answer.status).toBe(303);
  const location = answer.headers.get("location") ?? "";
  expect(location).not.toBe(path);
  const fork = await visitor.read(location);
  expect(fork).toContain("<h1>About roses (2)</h1>");
  expect(fork).toContain("You said: About roses");
});

test.each(["0", "x", "1e9", "7"])(
  "a fork from message %s is refused",
  async (number) => {
    const path = await visitor.begin("About roses");
    const answer = await visitor.post(`${path}/messages/${number}/fork`, {});
    expect(answer.status).toBe(404);
  },
);
