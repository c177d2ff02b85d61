import { byId } from "./dom.js";

/* Files of a message: chosen, pasted or dropped. What sends them is loaded with the first one. */

/** @param {Iterable<File>} files */
async function attach(files) {
  const all = [...files];
  const { script = "" } = byId("files")?.dataset ?? {};
  if (all.length === 0 || !script) return;
  const { attachFiles } = await import(script);
  attachFiles(all);
}

/** Puts back the files that were attached here when the page was left. */
export function restoreFiles() {
  const { pathname } = location;
  const stored = localStorage.getItem(`files:${pathname}`);
  const { script } = byId("files")?.dataset ?? {};
  if (!stored || !script) return;
  void import(script).then((upload) => upload.restoreFiles(stored, pathname));
}

/** @param {DataTransfer | null} data */
const hasFiles = (data) => data?.types.includes("Files") && byId("files");

export function handleFiles() {
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.id !== "files") return;
    void attach(target.files ?? []);
    // The same file can be chosen again.
    target.value = "";
  });
  document.addEventListener("paste", (event) => {
    const { clipboardData: data } = event;
    // Text that office programs copy has a picture of itself.
    if (!hasFiles(data) || data?.types.includes("text/plain")) return;
    event.preventDefault();
    void attach(data?.files ?? []);
  });
  for (const type of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(type, (event) => {
      const { dataTransfer: data } = /** @type {DragEvent} */ (event);
      if (!hasFiles(data)) return;
      event.preventDefault();
      byId("composer")?.classList.toggle("dropping", type === "dragover");
      if (type === "drop") void attach(data?.files ?? []);
    });
  }
}
