import type { AddressInfo } from "node:net";
import Koa from "koa";
import nunjucks from "nunjucks";

/*
 * Serves a page made by Koa and nunjucks only, with as many characters as the HTML in the first message
 * from the parent process. Reports its port, and exits with its parent.
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
