/* The evaluator of docs/logic.md, as surveys/logic is in Python; tests/cases/logic.json holds for both.
   Pure: it knows no page, no clock and no chance. */

const isList = Array.isArray;
const MOMENT = /^(\d{4}-\d\d-\d\d(T\d\d:\d\d)?|\d\d:\d\d)$/;
const DECIMAL = /^-?\d{1,9}(\.\d{1,4})?$/;
const MOST = 1e12;

export const isThere = v => v != null && v !== "" && (typeof v !== "object" || Object.keys(v).length > 0);

/* Comparing: never across types. */
const alike = (l, r) => typeof l === typeof r && typeof l !== "object";
const ordered = (l, r) => alike(l, r) && (typeof l === "number"
  || (typeof l === "string" && l.length === r.length && MOMENT.test(l) && MOMENT.test(r)));
const among = (v, items) => isList(items) && typeof v !== "object" && items.includes(v);
const lists = (l, r) => isList(l) && isList(r);

const compare = {
  equals: (l, r) => alike(l, r) && l === r,
  not_equals: (l, r) => alike(l, r) && l !== r,
  less_than: (l, r) => ordered(l, r) && l < r,
  at_most: (l, r) => ordered(l, r) && l <= r,
  more_than: (l, r) => ordered(l, r) && l > r,
  at_least: (l, r) => ordered(l, r) && l >= r,
  one_of: among,
  includes_any: (l, r) => lists(l, r) && r.some(x => among(x, l)),
  includes_all: (l, r) => lists(l, r) && r.every(x => among(x, l)),
  includes_none: (l, r) => lists(l, r) && !r.some(x => among(x, l)),
};

export const own = (object, key) => (object != null && Object.hasOwn(object, key) ? object[key] : undefined);
const cell = (rows, row) => {
  const v = typeof rows === "object" && !isList(rows) ? own(rows, row) : null;
  return isThere(v) ? v : null;
};

function read(operand, state) {
  switch (operand?.type) {
    case "constant": return operand.value;
    case "language": return state.language;
    case "hidden": return state.hidden.get(operand.code);
    case "variable": return own(variables(state), operand.id);
    case "question": {
      const v = own(state.known, operand.id);
      return operand.row ? cell(v, operand.row) : v;
    }
  }
}

export function holds(condition, state) {
  if (!condition) return true;
  if (condition.all) return condition.all.every(c => holds(c, state));
  if (condition.any) return condition.any.some(c => holds(c, state));
  const l = read(condition.left, state), o = condition.operator;
  if (o === "answered") return l != null;
  if (o === "unanswered") return l == null;
  const r = read(condition.right, state);
  return l != null && r != null && compare[o](l, r);
}

/* Variables: computed anew when more answers are known, each after those it asks for. */
const rounded = v => Math.max(-MOST, Math.min(MOST, Math.floor(v * 10000 + 0.5) / 10000));

function* asked(condition) {
  for (const c of condition?.all ?? condition?.any ?? []) yield* asked(c);
  if (condition?.left) yield* [condition.left, condition.right];
}

function inOrder(all) {
  const ids = new Set(all.map(v => v.id)), placed = new Set(), made = [];
  const waiting = all.map(v => [v, (v.terms ?? []).flatMap(t => [t.add, ...asked(t.when)])
    .filter(o => o?.type === "variable" && ids.has(o.id)).map(o => o.id)]);
  for (;;) {
    const at = waiting.findIndex(([, needs]) => needs.every(id => placed.has(id)));
    if (at < 0) return made;
    const [[ready]] = waiting.splice(at, 1);
    placed.add(ready.id);
    made.push(ready);
  }
}

function amount(operand, state) {
  const v = read(operand, state), q = operand.type === "question" && !operand.row && state.questions.get(operand.id);
  if (!q?.options) return typeof v === "number" ? v : null;
  const points = code => q.options.find(o => o.code === code)?.points ?? 0;
  if (typeof v === "string") return points(v);
  return isList(v) ? v.reduce((sum, code) => sum + points(code), 0) : null;
}

export function variables(state) {
  const size = Object.keys(state.known).length;
  if (state.computed === size) return state.values;
  state.computed = size;
  state.values = {};
  for (const { id, start = 0, terms = [] } of state.program) {
    let total = rounded(start);
    for (const { add, times = 1, when } of terms) {
      const found = holds(when, state) ? amount(add, state) : null;
      if (found != null) total = rounded(total + rounded(found * times));
    }
    state.values[id] = total;
  }
  return state.values;
}

/* What the link brought along, as the survey declares it. */
function hiddenOf(definition, raw) {
  const found = new Map();
  for (const { code, type, values } of definition.hidden ?? []) {
    const v = own(raw, code);
    if (typeof v !== "string" || !v) continue;
    if (type === "number") { if (DECIMAL.test(v)) found.set(code, +v); }
    else if (!values?.length || values.includes(v)) found.set(code, v);
  }
  return found;
}

/* The walk. `answer` tells what was said to a question on the path, null or something empty for nothing; the
   definition is already in the respondent's order. */
export function walk(definition, { answer, language, hidden = {} }) {
  const { blocks } = definition, places = new Map(), found = [], required = [];
  for (const { id } of definition.endings ?? []) places.set(id, blocks.length);
  places.set("end", blocks.length);
  blocks.forEach((block, i) => places.set(block.id, i));
  const state = {
    known: {}, language, hidden: hiddenOf(definition, hidden), program: inOrder(definition.variables ?? []),
    questions: new Map(blocks.flatMap(block => block.questions.map(q => [q.id, q]))),
  };
  let at = 0, to;
  const leave = jumps => (to = jumps?.find(j => places.get(j.to) > at && holds(j.when, state))?.to);
  for (; at < blocks.length; at = to ? places.get(to) : at + 1) {
    const block = blocks[at], shown = [];
    to = null;
    if (!holds(block.show_if, state)) continue;
    for (const q of block.questions) {
      if (!holds(q.show_if, state)) continue;
      shown.push(q);
      if (q.type !== "statement") {
        if (q.required || (q.require_if && holds(q.require_if, state))) required.push(q.id);
        const said = answer(q);
        if (isThere(said)) state.known[q.id] = said;
      }
      if (leave(q.jumps)) break;
    }
    if (shown.length) found.push({ id: block.id, shown });
    if (!to) leave(block.jumps);
  }
  return { state, path: found, required, ending: to && to !== "end" ? to : null };
}

/* What stands at a place in a text. `otherWords` tells what was written beside the respondent's own option. */
export const words = (text, language, fallback) =>
  text?.[language] || text?.[fallback] || Object.values(text ?? {}).find(w => w) || "";
const plain = v => (typeof v === "string" ? v : typeof v === "number" ? String(v) : "");

export function said(name, definition, state, otherWords) {
  const dot = name.indexOf("."), root = dot < 0 ? name : name.slice(0, dot), rest = dot < 0 ? "" : name.slice(dot + 1);
  if (root === "hidden") return plain(state.hidden.get(rest));
  if (root.startsWith("v_")) return plain(own(variables(state), root));
  const q = state.questions.get(root), v = rest ? cell(own(state.known, root), rest) : own(state.known, root);
  if (!q || v == null) return "";
  const label = code => {
    if (typeof code !== "string") return plain(code);
    const option = code === "other" ? { text: q.other } : q.options?.find(o => o.code === code);
    const mine = code === "other" && otherWords(q);
    return (mine && typeof mine === "string" ? mine
      : words(option?.text, state.language, definition.default_language)) || code;
  };
  return isList(v) ? v.map(label).filter(w => w).join(", ") : label(v);
}
