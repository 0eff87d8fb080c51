/* Inputs that need more than a value. The page works without this file. Numbers: surveys/definition/kinds/decimals.py. */
const form = document.querySelector("form[data-logic]");
const part = (id, input) => input.name.slice(id.length + 1);
const value = box => box.querySelector("input").value.trim();

const digit = d => {
  const c = d.codePointAt(0);
  return String((c & 15) - (/\p{Nd}/u.test(String.fromCodePoint(c & ~15)) ? 0 : 6));
};
function ungrouped(text, mark) {
  const [first, ...groups] = text.split(mark);
  const fits = first.length > 0 && first.length < 4 && groups.length && groups.at(-1).length === 3;
  return fits && groups.every(g => g.length === 2 || g.length === 3) ? first + groups.join("") : "?";
}
function split(text, point, group) {
  const marks = text.match(/[.,]/g);
  if (!marks) return [text, ""];
  const last = marks.at(-1), cut = text.lastIndexOf(last), whole = text.slice(0, cut), rest = text.slice(cut + 1);
  if (new Set(marks).size === 2) return [ungrouped(whole, marks[0]), rest];
  if (marks.length > 1) return [ungrouped(text, last), ""];
  const grouped = last === group && last !== point && rest.length === 3 && /^.{1,3}$/.test(whole) && whole !== "0";
  return grouped ? [whole + rest, ""] : [whole, rest];
}
/* The number that was typed: null for nothing, undefined for what is none. */
export function decimal(text, point, group, most = 15) {
  if (text.length > 60) return undefined;
  const plain = text.normalize("NFKC").replace(/[\s'\u2019\u066c_]/g, "").replace(/\u066b/g, ".").replace(/\u2212/g, "-");
  if (!plain) return null;
  const [, sign, digits] = /^([-+]?)(.*)$/su.exec(plain.replace(/\p{Nd}/gu, digit));
  const [whole, rest] = split(digits, point, group), all = whole + rest;
  if (!/^\d+$/.test(all) || all.replace(/^0+|0+$/g, "").length > 15 || whole.replace(/^0+/, "").length > 15) return undefined;
  if (rest.replace(/0+$/, "").length > most) return undefined;
  return +(sign.replace("+", "") + (whole || "0") + "." + (rest || "0")) + 0;
}
function number(box) {
  const { value: text, dataset: d } = box.querySelector("input");
  const found = decimal(text, d.point, d.group, +d.decimals);
  if (found == null) return found;
  const low = +(d.lowest ?? -1e12), high = +(d.highest ?? 1e12);
  return found >= low && found <= high ? found : undefined;
}
function slider(box) {
  const i = box.querySelector("[type=number]"), n = +i.value;
  if (i.validity.badInput) return undefined;
  if (!i.value) return null;
  return Number.isInteger(n) && n >= +i.min && n <= +i.max && (n - i.min) % i.step === 0 ? n : undefined;
}
const some = object => (Object.keys(object).length ? object : null);
function parts(box, q, read = i => i.value.trim()) {
  const found = {};
  for (const i of box.querySelectorAll("input[name],select[name]")) {
    const said = read(i);
    if (said) found[part(q.id, i)] = said;
  }
  return some(found);
}
function rows(box, q, add) {
  const found = {};
  for (const i of box.querySelectorAll("input:checked")) add(found, part(q.id, i), i.value);
  return some(found);
}
function ranking(box, q) {
  const found = parts(box, q, i => +i.value), places = Object.values(found || {});
  const fits = new Set(places).size === places.length && Math.max(0, ...places) === places.length;
  return fits ? found : undefined;
}
function sum(box, q) {
  const given = [...box.querySelectorAll("input")];
  if (given.every(i => !i.value.trim())) return null;
  if (!given.every(i => /^\d*$/.test(i.value.trim()))) return undefined;
  const found = Object.fromEntries(given.map(i => [part(q.id, i), +i.value]));
  const total = Object.values(found).reduce((a, b) => a + b, 0);
  return total === +box.querySelector("[data-sum]").dataset.sum ? found : undefined;
}
const moment = length => box => value(box).slice(0, length) || null;
const line = box => value(box) || null;
const read = {
  number, slider, ranking, sum,
  file_upload: box => { const on = [...box.querySelectorAll("[data-files] :checked")].map(i => i.value); return on.length ? on : null; },
  picture_choice: box => { const on = [...box.querySelectorAll(":checked")].map(i => i.value); return on.length ? on : null; },
  date: moment(10), time: moment(5), date_time: moment(16),
  email: line, phone: line, address: (box, q) => parts(box, q),
  matrix_single: (box, q) => rows(box, q, (o, row, v) => { o[row] = v; }),
  matrix_rating: (box, q) => rows(box, q, (o, row, v) => { o[row] = +v; }),
  matrix_multiple: (box, q) => rows(box, q, (o, row, v) => { (o[row] ??= []).push(v); }),
};
/* Whether an answer that is there lacks a part that it must have. */
const lacks = {
  address: box => [...box.querySelectorAll("input")].some(i => !i.value.trim() && !/\.(extra|region)$/.test(i.name)),
  ranking: box => box.querySelectorAll("select").length && [...box.querySelectorAll("select")]
    .filter(s => s.value).length < box.querySelector("select").options.length - 1,
};
for (const kind of ["matrix_single", "matrix_multiple", "matrix_rating"])
  lacks[kind] = box => [...box.querySelectorAll(".line")].some(row => !row.querySelector(":checked"));
form.kinds = { read, lacks };

/* A slider moves its number, and the number its slider. */
for (const slide of form.querySelectorAll("[data-slide]")) {
  const shown = slide.parentElement.querySelector("[type=number]");
  const follow = () => { if (shown.value) slide.value = shown.value; slide.classList.toggle("unset", !shown.value); };
  slide.hidden = false;
  slide.addEventListener("input", () => { shown.value = slide.value; follow(); });
  shown.addEventListener("input", follow);
  addEventListener("pageshow", follow);
  follow();
}
/* Bounds that count from today. */
for (const input of form.querySelectorAll("[data-min],[data-max]")) {
  for (const name of ["min", "max"]) {
    const wanted = input.dataset[name];
    if (!wanted) continue;
    const day = new Date();
    day.setDate(day.getDate() + +(wanted.slice(5) || 0));
    const text = new Date(day - day.getTimezoneOffset() * 6e4).toISOString().slice(0, 10);
    input[name] = input.type === "date" ? text : text + (name === "min" ? "T00:00" : "T23:59");
  }
}
for (const box of form.querySelectorAll("[data-sum]")) {
  const inputs = [...box.parentElement.querySelectorAll("input")], total = +box.dataset.sum;
  const add = () => {
    const now = inputs.reduce((n, i) => n + (+i.value || 0), 0), left = total - now;
    const more = left < 0 ? box.dataset.over.replace("#", -left) : left ? box.dataset.left.replace("#", left) : "✓";
    box.querySelector("output").value = `${now} / ${total} · ${more}`;
  };
  inputs.forEach(i => i.addEventListener("input", add));
  addEventListener("pageshow", add);
  add();
}
/* A file is sent as soon as it is chosen; the form then names it. */
for (const input of form.querySelectorAll("[data-upload]")) {
  const box = input.closest("[data-q]"), list = box.querySelector("[data-files]"), said = box.querySelector("[data-problem]");
  const d = input.dataset;
  input.removeAttribute("name");
  const tell = text => { said.textContent = text || ""; said.hidden = !text; said.className = text ? "error" : ""; };
  const add = ({ token, name, size }) => {
    const li = document.createElement("li"), label = document.createElement("label"), tick = document.createElement("input");
    Object.assign(tick, { type: "checkbox", name: box.id, value: token, checked: true });
    label.append(tick, ` ${name} (${size})`);
    li.append(label);
    list.append(li);
    tick.dispatchEvent(new Event("input", { bubbles: true }));
  };
  input.addEventListener("change", async () => {
    tell();
    for (const file of [...input.files]) {
      if (list.querySelectorAll(":checked").length >= +d.most) { tell(d.many); break; }
      if (file.size > +d.largest) { tell(d.large); continue; }
      const body = new FormData(), wait = document.createElement("li");
      body.append("_token", form.elements._token.value);
      body.append("_question", box.id);
      body.append("_file", file);
      wait.textContent = `${file.name} · ${d.busy}`;
      wait.setAttribute("role", "status");
      list.append(wait);
      try {
        const answer = await fetch(form.dataset.save.replace(/progress$/, "files"), { method: "POST", body, credentials: "omit" });
        const found = await answer.json();
        if (found.token) add(found); else tell(found.problem || d.failed);
      } catch { tell(d.failed); }
      wait.remove();
    }
    input.value = "";
  });
  form.enctype = "application/x-www-form-urlencoded";
}
/* Options are dragged into their order; the numbers beside them say the same. */
for (const list of form.querySelectorAll("[data-rank]")) {
  const items = () => [...list.children], place = li => li.querySelector("select");
  const sort = () => items().sort((a, b) => (place(a).value || 999) - (place(b).value || 999)).forEach(li => list.append(li));
  const renumber = () => {
    items().forEach((li, n) => { place(li).value = n + 1 < place(li).options.length ? n + 1 : ""; });
    list.dispatchEvent(new Event("input", { bubbles: true }));
  };
  list.addEventListener("change", event => { /* whoever had the place takes the one that was left, if any */
    const mine = event.target, before = mine.dataset.was || "";
    for (const li of items()) if (place(li) !== mine && mine.value && place(li).value === mine.value) place(li).value = before;
    items().forEach(li => { place(li).dataset.was = place(li).value; });
    sort();
    list.dispatchEvent(new Event("input", { bubbles: true }));
    mine.focus();
  });
  for (const li of items()) {
    place(li).dataset.was = place(li).value;
    const grip = document.createElement("span");
    grip.className = "grip";
    grip.setAttribute("aria-hidden", "true");
    grip.textContent = "⠿";
    li.append(grip);
    grip.addEventListener("pointerdown", event => {
      event.preventDefault();
      grip.setPointerCapture(event.pointerId);
      li.classList.add("held");
    });
    grip.addEventListener("pointermove", event => {
      if (!li.classList.contains("held")) return;
      const over = items().find(o => o !== li && event.clientY < o.getBoundingClientRect().bottom && event.clientY > o.getBoundingClientRect().top);
      /* the others move, for a thing that leaves the page loses the pointer */
      const up = over && over.compareDocumentPosition(li) & Node.DOCUMENT_POSITION_FOLLOWING;
      for (let n = over ? Math.abs(items().indexOf(over) - items().indexOf(li)) : 0; n; n--)
        up ? li.after(li.previousElementSibling) : li.before(li.nextElementSibling);
    });
    for (const end of ["pointerup", "pointercancel"]) grip.addEventListener(end, () => {
      if (!li.classList.contains("held")) return;
      li.classList.remove("held");
      if (end === "pointerup") renumber(); else sort();
      items().forEach(o => { place(o).dataset.was = place(o).value; });
    });
  }
  list.classList.add("drag");
  sort();
}
