"""A rule as rows of a form, and back. A row's name says where it stands: `r` is the whole, `r.0` its first part.

What is sent is read as it was typed, complete or not; `customers.segments.rules` says what is wrong with it, and
the rows come back with that beside them. One button of the form adds a condition or a group, or takes one away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from customers import companies
from customers.segments.fields import Catalogue, Field, Shape
from customers.segments.rules import DEPTH, MOST
from infra.i18n import N_, gettext
from web import tenancy
from web.console.customers import frame
from web.forms import Sentence

ROOT = "r"
MATCHES = (("all", N_("all of these hold")), ("any", N_("any of these holds")), ("none", N_("none of these holds")))
FEW = 12
"""Choices beyond this stand in a list instead of as boxes."""
OPERATORS: Mapping[str, Mapping[str, str]] = {
    "text": {
        **{"is": N_("is"), "is_not": N_("is not"), "contains": N_("contains")},
        **{"not_contains": N_("does not contain"), "begins": N_("begins with")},
        **{"empty": N_("is not known"), "not_empty": N_("is known")},
    },
    "number": {
        **{"equals": N_("is"), "not_equals": N_("is not"), "less": N_("is less than"), "at_most": N_("is at most")},
        **{"more": N_("is more than"), "at_least": N_("is at least"), "between": N_("is between")},
        **{"empty": N_("is not known"), "not_empty": N_("is known")},
    },
    "date": {
        **{"before": N_("is before"), "after": N_("is after"), "between": N_("is between")},
        **{"within": N_("was in the last (days)"), "older": N_("was more than (days) ago")},
        **{"ahead": N_("is in the next (days)")},
        **{"empty": N_("is not known"), "not_empty": N_("is known")},
    },
    "moment": {
        **{"within": N_("in the last (days)"), "beyond": N_("not in the last (days)")},
        **{"before": N_("before"), "after": N_("after"), "never": N_("never"), "ever": N_("ever")},
    },
    "choice": {
        **{"any_of": N_("is one of"), "none_of": N_("is none of")},
        **{"empty": N_("is not known"), "not_empty": N_("is known")},
    },
    "boolean": {"is": N_("is"), "empty": N_("is not known"), "not_empty": N_("is known")},
}
NO_COMPANY = N_("There is no such company.")


@dataclass(frozen=True, slots=True)
class Row:
    """One condition as the form shows it; without a `field` it asks for something that is gone."""

    path: str
    field: Field | None
    operator: str = ""
    operators: Sequence[tuple[str, str]] = ()
    shape: Shape = ""
    values: Sequence[str] = ()
    choices: Sequence[tuple[str, str]] = ()
    company: str = ""
    errors: Sequence[Sentence] = ()
    fresh: bool = False
    """Whether it was just added, and is looked at first."""


@dataclass(frozen=True, slots=True)
class Box:
    """A group as the form shows it."""

    path: str
    match: str
    depth: int
    parts: Sequence["Row | Box"] = ()
    errors: Sequence[Sentence] = ()


@dataclass(slots=True)
class Typed:
    """What a form holds: the rule as JSON, names of companies that nobody has, and what was just added."""

    rule: dict[str, Any]
    unknown: dict[str, str] = field(default_factory=dict)
    fresh: str = ""


def read(form: "MultiDict[str, str]", fields: Catalogue) -> Typed:
    """The rule that the rows describe, after what the pressed button asks for."""
    typed, then = Typed({}), form.get("then", "")
    typed.rule = _group(form, ROOT, fields, typed, then.partition(":"), 1)
    return typed


def boxes(typed: Typed, fields: Catalogue, problems: Mapping[str, Sequence[Sentence]]) -> Box:
    """The rule as rows, each with what is wrong with it."""
    return _box(typed.rule, ROOT, "", 1, fields, typed, problems)


def _group(
    form: "MultiDict[str, str]", path: str, fields: Catalogue, typed: Typed, then: tuple[str, str, str], depth: int
) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    for index in range(MOST if depth <= DEPTH else 0):
        at = f"{path}.{index}"
        if then[0] == "drop" and then[2] == at:
            continue
        if f"{at}.field" in form:
            parts.append(_condition(form, at, fields, typed, f"{path}.{len(parts)}"))
        elif f"{at}.match" in form:
            parts.append(_group(form, at, fields, typed, then, depth + 1))
    wanted = fields.get(form.get(f"add.{path}", ""))
    if then[2] == path and then[0] == "add" and wanted is not None:
        typed.fresh = f"{path}.{len(parts)}"
        parts.append({"field": wanted.code, "operator": next(iter(wanted.shapes))})
    elif then[2] == path and then[0] == "group":
        parts.append({"match": "any", "conditions": []})
    return {"match": form.get(f"{path}.match", "all")[:10], "conditions": parts}


def _condition(
    form: "MultiDict[str, str]", at: str, fields: Catalogue, typed: Typed, now_at: str
) -> dict[str, Any]:
    known = fields.get(form[f"{at}.field"])
    operator = form.get(f"{at}.operator", "")[:40]
    told: dict[str, Any] = {"field": form[f"{at}.field"][:100], "operator": operator}
    shape = known.shapes.get(operator, "") if known is not None else ""
    values = [each for each in form.getlist(f"{at}.value")[: 2 * FEW * FEW] if each.strip()]
    if shape == "codes":
        name = form.get(f"{at}.name", "").strip()[:200]
        if name:
            values += _company(name, now_at, typed)
        told["value"] = values
    elif shape in ("numbers", "days"):
        told["value"] = values[:2]
    elif shape and values:
        told["value"] = values[0]
    return told


def _company(name: str, at: str, typed: Typed) -> list[str]:
    found = companies.find_named(tenancy.session(), name)
    if found is None:
        typed.unknown[at] = name
    return [str(found.id)] if found is not None else []


def _box(
    rule: Mapping[str, Any],
    path: str,
    at: str,
    depth: int,
    fields: Catalogue,
    typed: Typed,
    problems: Mapping[str, Sequence[Sentence]],
) -> Box:
    parts = [
        _box(part, f"{path}.{n}", f"{at}/conditions/{n}", depth + 1, fields, typed, problems)
        if "match" in part
        else _row(part, f"{path}.{n}", f"{at}/conditions/{n}", fields, typed, problems)
        for n, part in enumerate(rule.get("conditions", ()))
    ]
    wrong = [each for place in (at, f"{at}/match", f"{at}/conditions") for each in problems.get(place, ())]
    return Box(path, str(rule.get("match", "all")), depth, parts, wrong)


def _row(
    told: Mapping[str, Any],
    path: str,
    at: str,
    fields: Catalogue,
    typed: Typed,
    problems: Mapping[str, Sequence[Sentence]],
) -> Row:
    wrong: list[Sentence] = [
        each for place in ("", "/field", "/operator", "/value") for each in problems.get(at + place, ())
    ]
    known = fields.get(told["field"])
    if known is None:
        return Row(path, None, str(told["operator"]), errors=wrong)
    if path in typed.unknown:
        wrong = [NO_COMPANY]
    operator = told["operator"] if told["operator"] in known.shapes else next(iter(known.shapes))
    value = told.get("value")
    values = [_as_text(each) for each in (value if isinstance(value, list) else [value]) if each is not None]
    return Row(
        path,
        known,
        operator,
        [(code, gettext(OPERATORS[known.kind][code])) for code in known.shapes],
        known.shapes[operator],
        values,
        choices_of(known, values) if known.shapes[operator] == "codes" else (),
        typed.unknown.get(path, ""),
        wrong,
        path == typed.fresh,
    )


def choices_of(known: Field, chosen: Sequence[str]) -> list[tuple[str, str]]:
    """What can be chosen, and what is chosen already though it is offered no more."""
    offered = known.named
    if known.code == "language":
        offered = frame.language_choices(*chosen)[1:]
    elif known.code == "zone":
        offered = frame.zone_choices()
    listed = {code for code, _ in offered}
    others = [code for code in chosen if code not in listed]
    named = known.names(others) if known.names is not None and others else {}
    return [*offered, *((code, named.get(code, code)) for code in others)]


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
