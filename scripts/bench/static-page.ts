import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface StaticPage {
  url: string;
  close(): void;
}

const files: Record<string, { type: string; body: string }> = {
  "/": {
    type: "text/html; charset=utf-8",
    body: `<!doctype html>
<html lang="en">
<title>Floor</title>
<link rel="stylesheet" href="/floor.css">
<link rel="icon" type="image/svg+xml" href="/floor.svg">
<script type="module" async src="/floor.js"></script>
<textarea aria-label="Message"></textarea>
</html>`,
  },
  "/floor.css": {
    type: "text/css",
    body: "textarea { width: 100%; font: inherit; padding: 1rem; border: 1px solid gray; border-radius: 8px }",
  },
  "/floor.js": {
    type: "text/javascript",
    body: 'document.querySelector("textarea").addEventListener("input", ({ target }) => { target.rows = 3; });',
  },
  "/floor.svg": {
    type: "image/svg+xml",
    body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4"/></svg>',
  },
};

/** Serves a page with a message box, a style sheet, a script and an icon: the least that a browser loads. */
export async function startStaticPage(): Promise<StaticPage> {
  const server = createServer((request, response) => {
    const isPage = request.url === "/";
    const file = files[request.url ?? ""];
    response.statusCode = file ? 200 : 404;
    response.setHeader("content-type", file?.type ?? "text/plain");
    response.setHeader(
      "cache-control",
      isPage ? "no-store" : "public, max-age=31536000, immutable",
    );
    response.end(file?.body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
