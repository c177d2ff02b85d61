import type { AddressInfo } from "node:net";
import Koa from "koa";
import nunjucks from "nunjucks";

/*
 * A page made by Koa and nunjucks alone, of as many articles and as many characters as the HTML
 * that comes as the first message. Answers with its port, and ends with whoever started it.
 */

const COUNT = 20;

const template = nunjucks.compile(
  "<!doctype html><title>{{ title }}</title>{% for text in texts %}<article>{{ text | safe }}</article>{% endfor %}",
);

process.once("message", (html: string) => {
  const texts = Array.from({ length: COUNT }, (_, index) =>
    html.slice(
      (html.length * index) / COUNT,
      (html.length * (index + 1)) / COUNT,
    ),
  );
  const app = new Koa();
  app.use((ctx) => {
    ctx.type = "html";
    ctx.body = template.render({ title: "Bare", texts });
  });
  const server = app.listen(0, () =>
    process.send?.((server.address() as AddressInfo).port),
  );
});
process.once("disconnect", () => process.exit(0));
