// Keys for those who like them; every page works without this file.
(() => {
  "use strict";
    let waiting = 0;

  const tab = document.querySelector(".tabs [aria-current]");
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;

  const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "/") {
      const search = document.querySelector("input[type=search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "?") {
      const keys = document.getElementById("keys");
      if (keys && !keys.open) { event.preventDefault(); keys.showModal(); }
    } else if (event.key === "g") {
      waiting = Date.now();
    } else if (waiting && Date.now() - waiting < 1500) {
      waiting = 0;
      document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`)?.click();
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
  });

  // What was typed and not saved is not left behind without a question.
  let changed = false;
  document.addEventListener("input", (event) => { if (event.target.closest("form[data-guard]")) changed = true; });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-go]");
    const form = document.querySelector("form[data-guard]");
    if (!link || !changed || !form || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const then = document.createElement("input");
    Object.assign(then, { type: "hidden", name: "then", value: `go:${link.dataset.go}` });
    form.append(then);
    form.noValidate = true;
    form.requestSubmit();
  });
  document.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
})();
