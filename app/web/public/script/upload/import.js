/* Shows how much of a file to import was sent. Without it, the browser sends the form, and shows that itself. */

const importForm = document.getElementById("import");

/** @param {SubmitEvent} event */
function sendImport(event) {
  if (!(importForm instanceof HTMLFormElement)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (importForm.getAttribute("aria-busy") === "true") return;
  const request = new XMLHttpRequest();
  const bar = document.querySelector("#import-progress progress");
  setBusy(importForm, true);
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    if (!(bar instanceof HTMLProgressElement)) return;
    // The server still reads a file that has arrived.
    if (loaded < total) bar.value = loaded / total;
    else bar.removeAttribute("value");
  });
  request.addEventListener("load", () => {
    if (request.status < 400) location.assign(request.responseURL);
    else refuseImport(importForm, request.responseText);
  });
  request.addEventListener("error", () => importForm.submit());
  request.open("POST", importForm.action);
  request.setRequestHeader("accept", "text/html");
  request.send(new FormData(importForm));
}

/**
 * @param {HTMLFormElement} form
 * @param {boolean} isBusy
 */
function setBusy(form, isBusy) {
  form.setAttribute("aria-busy", String(isBusy));
  document
    .getElementById("import-progress")
    ?.toggleAttribute("hidden", !isBusy);
  document.getElementById("import-problem")?.replaceChildren();
}

/**
 * @param {HTMLFormElement} form
 * @param {string} html the page with the problem
 */
function refuseImport(form, html) {
  setBusy(form, false);
  const page = new DOMParser().parseFromString(html, "text/html");
  const problem = page.querySelector(".problem");
  problem?.removeAttribute("role");
  if (problem) document.getElementById("import-problem")?.append(problem);
}

importForm?.addEventListener("submit", sendImport);
