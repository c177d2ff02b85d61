import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

/*
 * Draws the icons of the installed app from `icon.svg`: npx tsx scripts/support/app-icons.ts
 * The maskable one fills its square, since systems cut it to their own shape.
 */

const PUBLIC = path.join(__dirname, "../../app/web/public");
const svg = readFileSync(path.join(PUBLIC, "icon.svg"), "utf8");
const whole = svg.replace(' rx="8"', "");

const icons: [name: string, size: number, svg: string][] = [
  ["app-192.png", 192, svg],
  ["app-512.png", 512, svg],
  ["app-maskable.png", 512, whole],
];

async function main(): Promise<void> {
  const executablePath = process.env.CHROMIUM_PATH;
  const browser = await chromium.launch({
    executablePath,
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  for (const [name, size, source] of icons) {
    const viewport = { width: size, height: size };
    const page = await browser.newPage({ viewport });
    await page.setContent(`<style>body{margin:0}</style>${source}`);
    const picture = await page.screenshot({ omitBackground: true });
    writeFileSync(path.join(PUBLIC, name), picture);
  }
  await browser.close();
}

void main();
