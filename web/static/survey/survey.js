/* The survey page works without this file. It shows and hides as answers change, one block at a time,
   keeps a part-filled form on the server, and sends once. The server works out the path again in any case. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-logic]");
  if (!form || !window.FormData || !window.fetch) return;
  var data = form.dataset, logic = JSON.parse(data.logic), blocks = logic.blocks;
  var main = form.querySelector("[data-main]"), back = form.querySelector("[data-back]");
  var bar = form.querySelector("[data-progress]"), at = form.elements._at;
  var sending = false, dirty = false, timer = 0, path = [];

  function el(id) { return document.getElementById(id); }
  function section(id) { return form.querySelector('[data-block="' + id + '"]'); }
  function inputs(id) { return [].slice.call(form.querySelectorAll('[name="' + id + '"]')); }

  function answer(q) {
    var found = inputs(q.id);
    if (q.type === "short_text" || q.type === "long_text") return found[0].value.trim() || null;
    var chosen = found.filter(function (i) { return i.checked; }).map(function (i) { return i.value; });
    if (q.type === "consent") return chosen.length > 0 || null;
    if (!chosen.length) return null;
    if (q.type === "multiple_choice") return chosen;
    return q.type === "single_choice" ? chosen[0] : Number(chosen[0]);
  }

  function value(operand, known) {
    if (operand.type === "constant") return operand.value;
    if (operand.type === "language") return logic.language;
    return operand.id in known ? known[operand.id] : null;
  }
  function list(v) { return Array.isArray(v) ? v : [v]; }
  function within(a, b) { return a.filter(function (x) { return b.indexOf(x) >= 0; }); }

  function holds(c, known) {
    if (!c) return true;
    if (c.all) return c.all.every(function (x) { return holds(x, known); });
    if (c.any) return c.any.some(function (x) { return holds(x, known); });
    var l = value(c.left, known);
    if (c.operator === "answered") return l !== null;
    if (c.operator === "unanswered") return l === null;
    var r = value(c.right, known);
    if (l === null || r === null) return false;
    switch (c.operator) {
      case "equals": return l === r;
      case "not_equals": return l !== r;
      case "less_than": return l < r;
      case "at_most": return l <= r;
      case "more_than": return l > r;
      case "at_least": return l >= r;
      case "one_of": return list(r).indexOf(l) >= 0;
      case "includes_any": return within(list(r), list(l)).length > 0;
      case "includes_all": return within(list(r), list(l)).length === list(r).length;
      case "includes_none": return within(list(r), list(l)).length === 0;
    }
    return false;
  }
  function jump(jumps, known) {
    for (var i = 0; i < jumps.length; i++) if (holds(jumps[i].when, known)) return jumps[i].to;
    return null;
  }

  /* The blocks on the path with the questions that show, as the server does it. */
  function walk() {
    var known = {}, found = [], target = null;
    for (var b = 0; b < blocks.length; b++) {
      var block = blocks[b];
      if (target && target !== block.id) continue;
      target = null;
      if (!holds(block.show_if, known)) continue;
      var shown = [];
      for (var i = 0; i < block.questions.length && !target; i++) {
        var q = block.questions[i];
        if (!holds(q.show_if, known)) continue;
        shown.push(q);
        if (q.type !== "statement") {
          var a = answer(q);
          if (a !== null) known[q.id] = a;
        }
        target = jump(q.jumps, known);
      }
      found.push({ id: block.id, questions: shown });
      target = target || jump(block.jumps, known);
      if (target === "end") break;
    }
    return found;
  }

  function place() {
    for (var i = 0; i < path.length; i++) if (path[i].id === at.value) return i;
    return 0;
  }

  function render() {
    path = walk();
    var here = place(), seen = {};
    at.value = path.length ? path[here].id : at.value;
    path.forEach(function (p) { p.questions.forEach(function (q) { seen[q.id] = 1; }); });
    blocks.forEach(function (b) {
      section(b.id).hidden = b.id !== at.value;
      b.questions.forEach(function (q) { el(q.id).hidden = !seen[q.id]; });
    });
    var last = here >= path.length - 1;
    main.textContent = last ? data.send : data.next;
    main.value = last ? "send" : "next";
    if (back) back.hidden = here === 0;
    if (bar) {
      bar.hidden = false;
      bar.firstElementChild.value = Math.round((100 * here) / Math.max(path.length, 1));
    }
  }

  function complain(q, text) {
    var box = el(q.id), old = el(q.id + "-e"), first = inputs(q.id)[0];
    if (old) old.remove();
    if (!text) { first.removeAttribute("aria-invalid"); return; }
    var p = document.createElement("p");
    p.className = "error"; p.id = q.id + "-e"; p.textContent = text;
    box.insertBefore(p, el(q.id + "-h") ? el(q.id + "-h").nextSibling : box.children[1]);
    (box.tagName === "FIELDSET" ? box : first).setAttribute("aria-describedby", p.id);
    if (box.tagName !== "FIELDSET") first.setAttribute("aria-invalid", "true");
  }

  function check(block) {
    var missing = block.questions.filter(function (q) {
      var lacks = q.required && answer(q) === null;
      if (q.type !== "statement") complain(q, lacks ? data.missing : "");
      return lacks;
    });
    if (missing.length) inputs(missing[0].id)[0].focus();
    return !missing.length;
  }

  function go(step) {
    at.value = path[place() + step].id;
    render();
    var heading = section(at.value).querySelector("h2,legend,label");
    if (heading) { heading.tabIndex = -1; heading.focus({ preventScroll: true }); }
    window.scrollTo(0, 0);
  }

  function save() {
    clearTimeout(timer);
    if (!dirty || sending) return;
    dirty = false;
    fetch(data.save, { method: "POST", body: new URLSearchParams(new FormData(form)), keepalive: true, credentials: "omit" })
      .catch(function () { dirty = true; });
  }

  form.addEventListener("submit", function (event) {
    var button = event.submitter || main;
    if (sending) { event.preventDefault(); return; }
    if (button === back) { event.preventDefault(); go(-1); return; }
    path = walk();
    if (!check(path[place()])) { event.preventDefault(); return; }
    if (place() < path.length - 1) { event.preventDefault(); go(1); save(); return; }
    sending = true;
    clearTimeout(timer);
    main.setAttribute("aria-disabled", "true");
  });

  form.addEventListener("input", function (event) {
    var input = event.target;
    if ("other" in input.dataset && input.value) inputs(input.name.slice(0, -6)).forEach(function (i) { if (i.value === "other") i.checked = true; });
    if (input.tagName === "TEXTAREA") count(input);
    var box = input.closest("[data-q]"), error = box && el(box.id + "-e");
    if (error) error.remove();
    render();
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, 2000);
  });

  /* A digit chooses a point while the focus is on a scale. */
  form.addEventListener("keydown", function (event) {
    var scale = event.target.closest(".scale");
    if (!scale || event.ctrlKey || event.metaKey || event.altKey || !/^[0-9]$/.test(event.key)) return;
    var wanted = scale.querySelector('input[value="' + event.key + '"]');
    if (wanted) { event.preventDefault(); wanted.focus(); wanted.click(); }
  });

  function count(area) {
    var left = area.maxLength - area.value.length, note = area.nextElementSibling;
    if (!note) { note = document.createElement("p"); note.className = "left"; area.after(note); }
    note.textContent = left < area.maxLength / 5 ? data.left.replace("{n}", left) : "";
  }

  document.addEventListener("visibilitychange", function () { if (document.hidden) save(); });
  window.addEventListener("pageshow", function () { sending = false; main.removeAttribute("aria-disabled"); render(); });
  var focus = document.querySelector("[data-focus]");
  if (focus) focus.focus();
  render();
})();
