/* The page works without this file. The server walks the path again in any case: docs/logic.md. */
/* By the address that carries its checksum; the browser has been loading it since it read the page's head. */
const { walk, said } = await import(document.querySelector("link[rel=modulepreload]").href);

const form = document.querySelector("form[data-logic]");
const data = form.dataset, logic = JSON.parse(data.logic), at = form.elements._at, revision = form.elements._revision;
const main = form.querySelector("[data-main]"), back = form.querySelector("[data-back]");
const bar = form.querySelector("progress");
let path = [], required = [], state, sending, dirty, timer;

const el = id => document.getElementById(id);
const inputs = id => [...form.querySelectorAll(`[name="${id}"]`)];
const section = id => form.querySelector(`[data-block="${id}"]`);

/* Types of questions that have a script of their own are read by it: kinds.js. */
const own = form.kinds || { read: {}, lacks: {} };
function answer(q) {
  if (own.read[q.type]) return own.read[q.type](el(q.id), q);
  const all = inputs(q.id), on = all.filter(i => i.checked).map(i => i.value);
  if (/text$/.test(q.type)) return all[0].value.trim() || null;
  if (q.type === "consent") return on.length > 0;
  if (!on.length) return null;
  return q.type === "multiple_choice" ? on : q.type === "single_choice" ? on[0] : +on[0];
}

const hidden = Object.fromEntries([...form.querySelectorAll("[type=hidden][name^='hidden.']")]
  .map(input => [input.name.slice(7), input.value]));
const ownWords = q => form.elements[q.id + ".other"]?.value.trim();

const place = () => Math.max(0, path.findIndex(p => p.id === at.value));
function render() {
  ({ path, required, state } = walk(logic, { answer, hidden, language: document.documentElement.lang }));
  const here = place(), more = here < path.length - 1, seen = new Set();
  if (path.length) at.value = path[here].id;
  path.forEach(p => p.shown.forEach(q => seen.add(q.id)));
  for (const block of logic.blocks) {
    section(block.id).hidden = block.id !== at.value;
    for (const q of block.questions) {
      el(q.id).hidden = !seen.has(q.id);
      if (q.require_if) el(q.id).querySelector("[data-req]").hidden = !required.includes(q.id);
    }
  }
  form.querySelectorAll("[data-pipe]").forEach(spot => {
    spot.textContent = said(spot.dataset.pipe, logic, state, ownWords) || spot.dataset.else;
  });
  main.textContent = more ? data.next : data.send;
  main.value = more ? "next" : "send";
  if (back) back.hidden = !here;
  if (bar) { bar.hidden = false; bar.value = (100 * here) / path.length; }
}

function complain(q, text) {
  const box = el(q.id), help = el(q.id + "-h"), target = box.tagName === "DIV" ? inputs(q.id)[0] : box;
  el(q.id + "-e")?.remove();
  if (!text) return target.removeAttribute("aria-invalid");
  const p = document.createElement("p");
  p.className = "error";
  p.id = q.id + "-e";
  p.textContent = text;
  (help || box.children[0]).after(p);
  target.setAttribute("aria-describedby", (help ? help.id + " " : "") + p.id);
  if (target !== box) target.setAttribute("aria-invalid", "true");
}
function complete(shown) {
  const open = shown.filter(q => {
    if (q.type === "statement") return false;
    const must = required.includes(q.id), said = answer(q), box = el(q.id), none = must && !said && said !== 0;
    const part = must && own.lacks[q.type]?.(box);
    const wrong = said === undefined ? box.dataset.wrong : none ? data.missing : part && (box.dataset.lacks || data.missing);
    complain(q, wrong);
    return wrong;
  });
  if (open.length) el(open[0].id).querySelector("input:not([type=range]),select,textarea").focus();
  return !open.length;
}
function go(step) {
  at.value = path[place() + step].id;
  render();
  const title = section(at.value).querySelector("h2,[data-q]:not([hidden])");
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
  scrollTo(0, 0);
}
function save() {
  clearTimeout(timer);
  if (!dirty || sending) return;
  dirty = false;
  const body = new URLSearchParams(new FormData(form));
  revision.value++;
  fetch(data.save, { method: "POST", body, keepalive: true, credentials: "omit" }).catch(() => { dirty = true; });
}

form.addEventListener("submit", event => {
  const here = place(), more = here < path.length - 1, backwards = back && event.submitter === back;
  const stay = backwards || (path.length && !complete(path[here].shown));
  if (sending || stay || more) event.preventDefault();
  if (backwards) go(-1);
  else if (!sending && !stay) {
    if (more) { go(1); save(); return; }
    sending = true;
    setTimeout(() => revision.value++); /* whoever comes back and sends again corrects */
    clearTimeout(timer);
    main.setAttribute("aria-disabled", "true");
  }
});
form.addEventListener("input", event => {
  const input = event.target, box = input.closest("[data-q]");
  el(box.id + "-e")?.remove();
  if (input.name !== box.id && input.value) inputs(box.id).forEach(i => { if (i.value === "other") i.checked = true; });
  render();
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(save, 2000);
});
form.addEventListener("keydown", event => { /* a digit chooses a point while the focus is on a scale */
  const wanted = /^\d$/.test(event.key) && event.target.closest(".scale")?.querySelector(`[value="${event.key}"]`);
  if (wanted && !event.ctrlKey && !event.metaKey && !event.altKey) { wanted.focus(); wanted.click(); }
});
document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
addEventListener("pageshow", () => { sending = false; main.removeAttribute("aria-disabled"); render(); });
document.querySelector("[data-focus]")?.focus();
render();
