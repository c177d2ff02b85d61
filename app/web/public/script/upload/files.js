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
  const input = find("files");
  const most = Number(input?.dataset.most);
  const maxBytes = Number(input?.dataset.maxBytes);
  for (const file of files) {
    const item = addItem(file);
    const count = list()?.childElementCount ?? 0;
    if (count > most) {
      refuse(item, t("upload.tooMany", { count: most }));
    } else if (file.size > maxBytes) {
      refuse(item, t("upload.tooLarge", { limit: sizeOf(maxBytes) }));
    } else {
      send(item, file, crypto.randomUUID?.() ?? String(Math.random()));
    }
  }
  find("message")?.focus();
}

/** @param {File} file */
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
 * @param {Element} item
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
 * @param {Element} item
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
  const { id, name } = JSON.parse(request.responseText);
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = `file-${id}`;
  field.value = name;
  item.querySelector("progress")?.remove();
  item.querySelector(".file")?.append(field);
  const shown = item.querySelector("bdi");
  if (shown) shown.textContent = name;
  say(t("upload.attached", { name }));
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

export { attachFiles };
