import type { Middleware } from "koa";
import type { Assets } from "../rendering/assets";

const ADDRESS = "/app.webmanifest";

/**
 * Answers with the manifest by which browsers install Keepsake as an app, where it is served over TLS or on
 * this machine. No service worker: a page that could not be sent could not be answered either.
 *
 * @param base See the setting BASE_PATH.
 */
export function webManifest(assets: Assets, base: string): Middleware {
  const icon = (name: string, sizes: string, purpose: string) => {
    return { src: assets.url(name), sizes, type: "image/png", purpose };
  };
  const manifest = JSON.stringify({
    id: `${base}/`,
    name: "Keepsake",
    start_url: `${base}/`,
    scope: `${base}/`,
    display: "standalone",
    background_color: "#fbfaf8",
    theme_color: "#7a3b2e",
    icons: [
      icon("app-192.png", "192x192", "any"),
      icon("app-512.png", "512x512", "any"),
      icon("app-maskable.png", "512x512", "maskable"),
    ],
  });
  return async (ctx, next) => {
    if (ctx.path !== ADDRESS || !["GET", "HEAD"].includes(ctx.method)) {
      await next();
      return;
    }
    ctx.type = "application/manifest+json";
    ctx.set("cache-control", "no-cache");
    ctx.body = manifest;
  };
}
