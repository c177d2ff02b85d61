import { t } from "../text.js";

/*
 * Sends files as soon as they are chosen, and shows each in the message box. Loaded with the first file,
 * so that pages without files stay light.
 */

const base = new URL(import.meta.url).pathname.replace(/\/assets\/.*/, "");

/** @param {string} id */
const find = (id) => document.getElementById(id);

const list = () => find("attached");

/** @param {string} sentence */
function say(sentence) {
  const status = find("status");
  if (status) status.textContent = sentence;
}

/** Uploads in progress, by their item. @type {Map<Element, XMLHttpRequest>} */
const running = new Map();

/** The form that waits for its uploads. @type {HTMLFormElement | undefined} */
let waiting;

/** @param {number} bytes */
function sizeOf(bytes) {
  if (bytes < 1024) return t("size.bytes", { number: bytes });
  if (bytes < 1024 ** 2) {
    return t("size.kilobytes", { number: Math.ceil(bytes / 1024) });
  }
  return t("size.megabytes", {
    number: Math.ceil((bytes / 1024 ** 2) * 10) / 10,
  });
}

/** Most pages have no files, so this sheet is not part of them. */
function loadStyle() {
  const { style } = find("files")?.dataset ?? {};
  if (!style || document.querySelector(`link[href="${style}"]`)) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = style;
  document.head.append(link);
}

/** @param {File[]} files */
function attachFiles(files) {
  loadStyle();
  const most = Number(find("files")?.dataset.most);
  for (const file of files) {
    const item = addItem(file);
    const count = list()?.childElementCount ?? 0;
    if (count > most) refuse(item, t("upload.tooMany", { count: most }));
    else void attach(item, file);
  }
  find("message")?.focus();
}

/**
 * @param {HTMLElement} item
 * @param {File} file
 */
async function attach(item, file) {
  const maxBytes = Number(find("files")?.dataset.maxBytes);
  // Until it is sent, a message waits for it.
  running.set(item, new XMLHttpRequest());
  const fitting = await scaled(item, file);
  if (!running.has(item)) return;
  if (fitting.size > maxBytes) {
    refuse(item, t("upload.tooLarge", { limit: sizeOf(maxBytes) }));
  } else {
    send(item, fitting, crypto.randomUUID?.() ?? String(Math.random()));
  }
}

/** What a canvas can write: the type of a picture stays. */
const SCALABLE = new Set(["image/png", "image/jpeg", "image/webp"]);

/** Each attempt is smaller. A picture that is too large even so is refused, with the limit. */
const ATTEMPTS = 6;

/**
 * Scales a picture that exceeds the bounds of Keepsake or of the model, and says so.
 *
 * @param {HTMLElement} item
 * @param {File} file
 * @returns {Promise<File>} the file itself if it fits, or can't be scaled
 */
async function scaled(item, file) {
  if (!SCALABLE.has(file.type)) return file;
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return file;
  const { width, height } = bitmap;
  const bounds = boundsOfPictures();
  let factor = Math.min(
    1,
    bounds.side / Math.max(width, height),
    Math.sqrt(bounds.pixels / (width * height)),
  );
  let fitting = file;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (factor === 1 && file.size <= bounds.bytes) break;
    if (factor === 1) factor = Math.sqrt(bounds.bytes / file.size);
    const blob = await draw(bitmap, factor, file.type);
    if (!blob || blob.type !== file.type) break;
    if (blob.size <= bounds.bytes) {
      fitting = new File([blob], file.name, { type: file.type });
      sayScaled(item, fitting, sizeAt(bitmap, factor));
      break;
    }
    factor *= Math.min(0.9, Math.sqrt(bounds.bytes / blob.size));
  }
  bitmap.close();
  return fitting;
}

/** The bounds of Keepsake, and those of the chosen model if it takes pictures. */
function boundsOfPictures() {
  /** @type {DOMStringMap} */
  const dataset = find("files")?.dataset ?? {};
  return {
    bytes: Math.min(
      Number(dataset.maxBytes),
      Number(dataset.imageBytes) || Infinity,
    ),
    side: Number(dataset.imageSide) || Infinity,
    pixels: Number(dataset.megapixels) * 1_000_000,
  };
}

/**
 * @param {{ width: number, height: number }} picture
 * @param {number} factor
 */
const sizeAt = ({ width, height }, factor) => ({
  width: Math.max(1, Math.floor(width * factor)),
  height: Math.max(1, Math.floor(height * factor)),
});

/**
 * @param {ImageBitmap} bitmap
 * @param {number} factor
 * @param {string} type
 * @returns {Promise<Blob | null>}
 */
function draw(bitmap, factor, type) {
  const canvas = document.createElement("canvas");
  const { width, height } = sizeAt(bitmap, factor);
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) return Promise.resolve(null);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, type, 0.9));
}

/**
 * @param {HTMLElement} item
 * @param {File} file
 * @param {{ width: number, height: number }} size
 */
function sayScaled(item, file, size) {
  const sentence = t("upload.scaled", size);
  const shown = item.querySelector(".quiet");
  if (shown) shown.textContent = `${sizeOf(file.size)}, ${sentence}`;
  item.dataset.scaled = sentence;
}

/* Attached files outlive a reload of the page: they are stored at the server for a day. */

/** As long as the server keeps them. */
const KEPT_MS = 86_400_000;

/** @param {string} pathname */
const keyFor = (pathname) => `files:${pathname}`;

/** Notes the attached files of the page on display. */
function remember() {
  const items = /** @type {HTMLElement[]} */ ([...(list()?.children ?? [])]);
  const files = items.flatMap(({ dataset }) =>
    dataset.file ? [JSON.parse(dataset.file)] : [],
  );
  const key = keyFor(location.pathname);
  try {
    if (files.length === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify({ at: Date.now(), files }));
  } catch {
    // More than the browser stores.
  }
}

/**
 * @param {string} text
 * @returns {{ at: number, files: { id: string, name: string, size: number }[] }}
 */
function parseNote(text) {
  try {
    const { at, files } = JSON.parse(text);
    return { at: Number(at), files };
  } catch {
    return { at: 0, files: [] };
  }
}

/**
 * @param {string} text what was noted
 * @param {string} pathname the page that it was noted for
 */
async function restoreFiles(text, pathname) {
  loadStyle();
  for (const file of parseNote(text).files) {
    if (location.pathname !== pathname) return;
    if (document.getElementsByName(`file-${file.id}`).length > 0) continue;
    const item = addItem(file);
    keep(item, file);
    const answer = await fetch(`${base}/files/${file.id}`).catch(() => null);
    if (answer?.status !== 404) continue;
    item.querySelector("input")?.remove();
    delete item.dataset.file;
    refuse(item, t("upload.expired"));
    remember();
  }
}

/**
 * Makes a stored file a part of the message.
 *
 * @param {HTMLElement} item
 * @param {{ id: string, name: string, size: number }} file
 */
function keep(item, file) {
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = `file-${file.id}`;
  field.value = file.name;
  item.querySelector(".file")?.append(field);
  item.dataset.file = JSON.stringify(file);
}

/** @param {{ name: string, size: number }} file */
function addItem(file) {
  const item = document.createElement("li");
  const box = document.createElement("span");
  box.className = "file";
  const name = document.createElement("bdi");
  name.textContent = file.name;
  const size = document.createElement("span");
  size.className = "quiet";
  size.textContent = sizeOf(file.size);
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "bare";
  remove.textContent = "\u00d7";
  remove.ariaLabel = t("upload.removeFile", { name: file.name });
  remove.title = t("upload.remove");
  remove.addEventListener("click", () => removeItem(item));
  box.append(name, size, remove);
  item.append(box);
  list()?.append(item);
  return item;
}

/** @param {Element} item */
function removeItem(item) {
  const request = running.get(item);
  running.delete(item);
  request?.abort();
  const stored = item.querySelector("input")?.name.slice("file-".length);
  item.remove();
  remember();
  if (stored) void fetch(`${base}/files/${stored}/delete`, { method: "POST" });
  find("message")?.focus();
  sendIfReady();
}

/**
 * @param {Element} item
 * @param {string} sentence
 */
function refuse(item, sentence) {
  running.delete(item);
  item.querySelector("progress")?.remove();
  const box = item.querySelector(".file");
  const problem = document.createElement("span");
  problem.role = "alert";
  problem.textContent = sentence;
  box?.classList.add("bad");
  box?.querySelector(".quiet")?.replaceWith(problem);
  waiting = undefined;
}

/**
 * @param {HTMLElement} item
 * @param {File} file
 * @param {string} key By which a repeated upload is recognised.
 * @param {number} [attempts]
 */
function send(item, file, key, attempts = 2) {
  const request = new XMLHttpRequest();
  const bar =
    item.querySelector("progress") ?? document.createElement("progress");
  bar.max = 1;
  bar.ariaLabel = t("upload.uploading", { name: file.name });
  item.querySelector(".quiet")?.after(bar);
  running.set(item, request);
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    // The server still reads a file that has arrived.
    if (loaded < total) bar.value = loaded / total;
    else bar.removeAttribute("value");
  });
  request.addEventListener("load", () => finish(item, request));
  request.addEventListener("error", () => {
    if (attempts > 1) send(item, file, key, attempts - 1);
    else refuse(item, t("upload.connectionLost"));
  });
  request.open("POST", `${base}/files`);
  request.setRequestHeader("accept", "application/json");
  request.setRequestHeader("content-type", "application/octet-stream");
  request.setRequestHeader(
    "x-file-name",
    encodeURIComponent(file.name.replaceAll(/\p{Surrogate}/gu, "")),
  );
  request.setRequestHeader("x-file-key", key);
  request.send(file);
}

/**
 * @param {HTMLElement} item
 * @param {XMLHttpRequest} request
 */
function finish(item, request) {
  if (!running.has(item)) return;
  if (request.status !== 201) {
    const said = request.responseText.trim();
    const isSentence = said !== "" && !said.startsWith("<");
    refuse(item, isSentence ? said : t("upload.failed"));
    return;
  }
  running.delete(item);
  const { id, name, bytes } = JSON.parse(request.responseText);
  item.querySelector("progress")?.remove();
  keep(item, { id, name, size: bytes });
  remember();
  const shown = item.querySelector("bdi");
  if (shown) shown.textContent = name;
  const { scaled: sentence } = item.dataset;
  say([t("upload.attached", { name }), sentence].filter(Boolean).join(" "));
  sendIfReady();
}

function sendIfReady() {
  if (!waiting || running.size > 0) return;
  const form = waiting;
  waiting = undefined;
  form.requestSubmit();
}

/** Before the page's own listener: a message is sent when its files have arrived. */
function holdBack(/** @type {SubmitEvent} */ event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.id !== "composer") return;
  for (const item of running.keys()) {
    if (!item.isConnected) running.delete(item);
  }
  const bad = form.querySelector(".file.bad");
  if (running.size === 0 && !bad) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (bad) {
    say(t("upload.removeFirst"));
    bad.querySelector("button")?.focus();
    return;
  }
  waiting = form;
  say(t("upload.waiting"));
}

addEventListener("submit", holdBack, { capture: true });

document.addEventListener("sent", (event) => {
  const { detail: pathname } = /** @type {CustomEvent} */ (event);
  localStorage.removeItem(keyFor(pathname));
  remember();
});

for (const key of Object.keys(localStorage)) {
  if (!key.startsWith(keyFor(""))) continue;
  const { at } = parseNote(localStorage.getItem(key) ?? "");
  if (Date.now() - at > 7 * KEPT_MS) localStorage.removeItem(key);
}

export { attachFiles, restoreFiles };
