// Keys, menus, chosen rows and waiting, for those who have a script; every page works without this file.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);

  // --- keys: the letters stand on the links of the rail (data-key), the list in the dialog under "?"
  const PATIENCE = 1500;
  let waiting = 0;
  const typing = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return closeMenus(true);
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || one("dialog[open]")) return;
    if (waiting && Date.now() - waiting < PATIENCE) {
      waiting = 0;
      const place = one(`.rail a[data-key="${CSS.escape(event.key)}"]`);
      if (place) { event.preventDefault(); place.click(); return; }
    }
    if (event.key === "/") {
      const search = one(".bar-search input[type=search]") || one("main input[type=search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "?") {
      event.preventDefault();
      open("keys");
    } else if (event.key === "g") waiting = Date.now();
    else {
      const link = one(`a[data-press="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
    }
  });

  // --- dialogs: the browser keeps the focus inside and gives it back
  const open = (id) => { const dialog = document.getElementById(id); if (dialog && !dialog.open) dialog.showModal(); };
  all("[data-opens]").forEach((button) => { button.hidden = false; });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-opens]");
    if (button) open(button.dataset.opens);
    else if (event.target.matches("dialog")) event.target.close();
  });

  // --- menus of the bar: one at a time; Escape and a click elsewhere close them
  const menus = () => all(".bar-top details[open]");
  const closeMenus = (back) => menus().forEach((menu) => {
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (back && inside) one("summary", menu).focus();
  });
  document.addEventListener("click", (event) => { if (!event.target.closest(".bar-top details")) closeMenus(false); });
  all(".bar-top details").forEach((menu) => menu.addEventListener("toggle", () => {
    if (menu.open) menus().filter((other) => other !== menu).forEach((other) => { other.open = false; });
  }));
  document.addEventListener("focusin", (event) => menus().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; }));

  // --- what is current in a strip that scrolls is in sight
  all(".tabs, .rail").forEach((strip) => {
    const here = one("[aria-current]", strip);
    if (here && strip.scrollWidth > strip.clientWidth) here.scrollIntoView({ inline: "center", block: "nearest" });
  });

  // --- the search box: the arrows go through what was found, and back into the box
  document.addEventListener("keydown", (event) => {
    const box = event.target.closest(".find");
    if (!box || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const stops = [one("input", box), ...all(".hits a", box)];
    const next = stops[stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  });

  // --- copy
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
  });

  // --- rows that are chosen in a list
  const count = (form) => {
    const boxes = all("[name=ids]", form), chosen = boxes.filter((box) => box.checked).length;
    const said = one("[data-chosen]", form), everything = one("[data-choose-all]", form);
    said.textContent = chosen ? said.dataset.chosen.replace("{n}", chosen) : said.dataset.none;
    if (!everything) return;
    everything.hidden = false;
    everything.checked = chosen > 0 && chosen === boxes.length;
    everything.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  all("[data-bulk]").forEach(count);
  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-bulk]");
    if (!form) return;
    if (event.target.matches("[data-choose-all]")) all("[name=ids]", form).forEach((box) => { box.checked = event.target.checked; });
    count(form);
  });

  // --- what was typed and not saved is not left behind without a question
  let changed = false;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !form.matches("[data-guard]")) return;
    changed = true;
    const said = one("[data-changed]", form);
    if (said) said.textContent = said.dataset.changed;
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-go]"), form = one("form[data-guard]");
    if (!link || !changed || !form || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const then = document.createElement("input");
    Object.assign(then, { type: "hidden", name: "then", value: `go:${link.dataset.go}` });
    form.append(then);
    form.noValidate = true;
    form.requestSubmit();
  });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

  // --- a form is sent once; its button says that it is at work when that takes longer than a moment
  const rested = () => all(".busy").forEach((button) => { button.classList.remove("busy"); button.removeAttribute("aria-disabled"); });
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.matches(".busy")) return event.preventDefault();
    if (button?.formTarget) return; // it shows something beside the form, which stays as it is
    changed = false;
    if (!button || event.target.method !== "post") return;
    button.classList.add("busy");
    setTimeout(() => button.setAttribute("aria-disabled", "true"));
    setTimeout(rested, 10000);
  });
  window.addEventListener("pageshow", rested);

  // --- a part that could not be fetched anew says so, and the page stays as it was
  const lost = (event) => {
    const words = one("template#lost"), place = event.detail.target || event.detail.elt;
    if (!words || !place?.isConnected || one(".lost")) return;
    place.before(words.content.cloneNode(true));
  };
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:responseError", lost);
  document.addEventListener("htmx:afterSwap", () => { one(".lost")?.remove(); all("[data-bulk]").forEach(count); });
})();
