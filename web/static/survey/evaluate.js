/* The rest of docs/logic.md, which a respondent's page does not need, for it comes in their order and filled:
   orders, whole texts, quotas, and everything at once. */
import { holds, own, said, variables, walk, words } from "./logic.js";

const TOKEN = /\{\{ *(q_[a-z0-9]{4,16}(?:\.[a-z0-9_]{1,40})?|v_[a-z0-9]{4,16}|hidden\.[a-z0-9_]{1,40}) *(?:\|([^{}|\n]*))?\}\}/g;

/* An order of each respondent's own: FNV-1a, mulberry32, Fisher and Yates. */
function shuffle(things, name, seed) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  let a = seed ^ hash;
  const next = () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const places = [...things.keys()].filter(i => !things[i].fixed), moving = places.map(i => things[i]);
  for (let last = moving.length - 1; last > 0; last--) {
    const other = Math.floor((next() / 4294967296) * (last + 1));
    [moving[last], moving[other]] = [moving[other], moving[last]];
  }
  const made = [...things];
  places.forEach((place, i) => { made[place] = moving[i]; });
  return made;
}

export function arranged(definition, seed) {
  if (seed == null) return definition;
  const question = q => (!q.shuffle ? q : q.rows?.length ? { ...q, rows: shuffle(q.rows, `${q.id}.rows`, seed) }
    : { ...q, options: shuffle(q.options, q.id, seed) });
  const blocks = definition.blocks.map(block => {
    const questions = block.questions.map(question);
    return { ...block, questions: block.shuffle ? shuffle(questions, block.id, seed) : questions };
  });
  const places = new Map(blocks.map((block, i) => [block.id, i]));
  for (const group of definition.shuffle ?? []) {
    const taken = [...new Set(group.filter(id => places.has(id)).map(id => places.get(id)))].sort((x, y) => x - y);
    const order = shuffle(taken.map(i => blocks[i]), `group:${group[0]}`, seed);
    taken.forEach((place, i) => { blocks[place] = order[i]; });
  }
  return { ...definition, blocks };
}

/* Filling the places of a text. */
export const fill = (text, definition, state, otherWords) => text.replace(TOKEN, (_, name, otherwise = "") =>
  said(name, definition, state, otherWords) || otherwise.replace(/^ +| +$/g, ""));

/* Everything a walk finds out, as the table of cases names it. */
export function evaluate(written, { answers = {}, language, hidden = {}, seed = null }) {
  const definition = arranged(written, seed), byId = (x, y) => (x.id < y.id ? -1 : 1);
  const { state, path, required, ending } = walk(definition, { answer: q => own(answers, q.id), language, hidden });
  const order = definition.shuffle?.length ? { blocks: definition.blocks.map(b => b.id) } : {}, texts = {};
  for (const block of definition.blocks) {
    if (block.shuffle) order[block.id] = block.questions.map(q => q.id);
    for (const q of block.questions) if (q.shuffle) {
      if (q.rows?.length) order[`${q.id}.rows`] = q.rows.map(r => r.code);
      else order[q.id] = q.options.map(o => o.code);
    }
  }
  const ends = (definition.endings ?? []).filter(e => e.id === ending);
  for (const { id, text } of [...path.flatMap(p => p.shown), ...ends]) {
    const found = words(text, language, definition.default_language);
    if (found.includes("{{")) texts[id] = fill(found, definition, state, q => own(answers, `${q.id}.other`));
  }
  return {
    path: path.map(p => [p.id, p.shown.map(q => q.id)]), required, ending, order, texts,
    variables: { ...variables(state) },
    quotas: [...(definition.quotas ?? [])].sort(byId).filter(u => holds(u.when, state)).map(u => u.id),
  };
}
