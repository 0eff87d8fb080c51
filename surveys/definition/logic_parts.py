"""What a definition holds beside its blocks: endings, variables, hidden fields, quotas, and blocks to shuffle."""

import re
from typing import Any, cast

from surveys.definition.conditions import dump_condition, dump_operand, read_condition, read_operand
from surveys.definition.ids import CODE, ID
from surveys.definition.model import Definition, Ending, HiddenField, Quota, Term, Variable
from surveys.definition.reader import NO_CODE, NO_ID, UNSTORABLE, Node, Seen, unique
from surveys.wording import N_

PARTS = ("endings", "variables", "hidden", "quotas", "shuffle")

MAX_ENDINGS, MAX_VARIABLES, MAX_TERMS, MAX_HIDDEN, MAX_QUOTAS, MAX_GROUPS = 20, 50, 100, 50, 100, 20
MAX_VALUES, MAX_NAME = 200, 120
MOST_PLACES = 1_000_000
LARGEST = 1_000_000
"""The largest number that a variable starts with or multiplies by, above and below zero."""

URL = re.compile(r"(?=.{1,500}$)https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?([/?#][!-~]*)?", re.ASCII)
"""An address whose host nobody can fill in; behind it there may be places to fill."""

RESERVED = frozenset({"lang", "p", "c", "sig", "w", "without", "ending", "answer"})
"""What a survey's address says itself."""

NO_URL = N_("This must be a web address that begins with https:// and has at most 500 characters.")
NO_VALUE = N_("This must be a text of 1 to 100 characters.")
NO_NAME = N_("A name has 1 to 120 characters.")


def read_parts(node: Node, seen: Seen) -> dict[str, Any]:
    """The parts as fields of a Definition; problems are noted at the node."""
    return {
        "endings": tuple(_each(node, "endings", MAX_ENDINGS, seen, _ending)),
        "variables": tuple(_each(node, "variables", MAX_VARIABLES, seen, _variable)),
        "hidden": tuple(_each(node, "hidden", MAX_HIDDEN, seen, _hidden)),
        "quotas": tuple(_each(node, "quotas", MAX_QUOTAS, seen, _quota)),
        "shuffle": _shuffle(node.at("shuffle")),
    }


def _each(node: Node, name: str, most: int, seen: Seen, read: Any) -> list[Any]:
    made = (read(item, seen) for item in node.at(name).items(most))
    return [one for one in made if one is not None]


def _ending(node: Node, seen: Seen) -> Ending | None:
    if not node.fields(["id", "text"], ["title", "button", "url", "redirect", "counts"]):
        return None
    url = node.at("url")
    return Ending(
        id=seen.id(node.at("id"), "e_"),
        text=node.at("text").text(seen.languages),
        title=node.at("title").text(seen.languages),
        button=node.at("button").text(seen.languages),
        url="" if url.missing else url.string(URL, NO_URL),
        redirect=node.at("redirect").boolean(),
        counts=node.at("counts").boolean(True),
    )


def _variable(node: Node, seen: Seen) -> Variable | None:
    if not node.fields(["id", "code"], ["start", "terms"]):
        return None
    terms = (_term(item) for item in node.at("terms").items(MAX_TERMS))
    return Variable(
        id=seen.id(node.at("id"), "v_"),
        code=unique(node.at("code"), node.at("code").string(CODE, NO_CODE), seen.codes),
        start=node.at("start").number(LARGEST),
        terms=tuple(term for term in terms if term is not None),
    )


def _term(node: Node) -> Term | None:
    if not node.fields(["add"], ["times", "when"]):
        return None
    add, times = read_operand(node.at("add")), node.at("times").number(LARGEST, 1)
    when = read_condition(node.at("when"))
    return None if add is None else Term(add, times, when)


def _hidden(node: Node, seen: Seen) -> HiddenField | None:
    if not node.fields(["code"], ["type", "values"]):
        return None
    taken: set[str] = set()
    code = node.at("code").string(CODE, NO_CODE)
    if code in RESERVED:
        node.at("code").complain(N_("A survey's address uses this name itself. Choose another."))
    kind = node.at("type").one_of(("text", "number"), "text")
    if kind == "number" and not node.at("values").missing:
        node.at("values").complain(N_("Only a text can have listed values."))
    return HiddenField(
        code=unique(node.at("code"), code, seen.codes),
        type=cast("Any", kind or "text"),
        values=tuple(unique(item, _value(item), taken) for item in node.at("values").items(MAX_VALUES)),
    )


def _value(node: Node) -> str:
    value = node.value
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= 100
        or value != value.strip()
        or UNSTORABLE.search(value)
    ):
        node.complain(NO_VALUE)
        return ""
    return value


def _quota(node: Node, seen: Seen) -> Quota | None:
    if not node.fields(["id", "name", "limit"], ["when", "ending"]):
        return None
    name, ending = node.at("name"), node.at("ending")
    words = name.value if isinstance(name.value, str) else ""
    if not words.strip() or len(words) > MAX_NAME or UNSTORABLE.search(words):
        name.complain(NO_NAME)
    return Quota(
        id=seen.id(node.at("id"), "u_"),
        name=words,
        when=read_condition(node.at("when")),
        limit=node.at("limit").integer(1, MOST_PLACES, 1),
        ending="" if ending.missing else ending.string(ID, NO_ID),
    )


def _shuffle(node: Node) -> tuple[tuple[str, ...], ...]:
    taken: set[str] = set()
    groups = []
    for group in node.items(MAX_GROUPS):
        ids = tuple(unique(item, item.string(ID, NO_ID), taken) for item in group.items(100))
        if len(ids) < 2:
            group.complain(N_("Two blocks or more can change places."))
        groups.append(ids)
    return tuple(groups)


def dump_parts(definition: Definition) -> dict[str, Any]:
    """The parts as JSON, without what is not there."""
    made = {
        "endings": [_dump_ending(ending) for ending in definition.endings],
        "variables": [_dump_variable(variable) for variable in definition.variables],
        "hidden": [_dump_hidden(field) for field in definition.hidden],
        "quotas": [_dump_quota(quota) for quota in definition.quotas],
        "shuffle": [list(group) for group in definition.shuffle],
    }
    return {name: part for name, part in made.items() if part}


def _dump_ending(ending: Ending) -> dict[str, Any]:
    made: dict[str, Any] = {"id": ending.id, "text": dict(ending.text)}
    more = {"title": dict(ending.title), "button": dict(ending.button), "url": ending.url}
    made |= {name: value for name, value in more.items() if value}
    return made | ({"redirect": True} if ending.redirect else {}) | ({} if ending.counts else {"counts": False})


def _dump_variable(variable: Variable) -> dict[str, Any]:
    made: dict[str, Any] = {"id": variable.id, "code": variable.code}
    if variable.start:
        made["start"] = variable.start
    if variable.terms:
        made["terms"] = [_dump_term(term) for term in variable.terms]
    return made


def _dump_term(term: Term) -> dict[str, Any]:
    made: dict[str, Any] = {"add": dump_operand(term.add)}
    if term.times != 1:
        made["times"] = term.times
    return made | ({"when": dump_condition(term.when)} if term.when is not None else {})


def _dump_hidden(field: HiddenField) -> dict[str, Any]:
    made: dict[str, Any] = {"code": field.code}
    if field.type != "text":
        made["type"] = field.type
    return made | ({"values": list(field.values)} if field.values else {})


def _dump_quota(quota: Quota) -> dict[str, Any]:
    made: dict[str, Any] = {"id": quota.id, "name": quota.name, "limit": quota.limit}
    if quota.when is not None:
        made["when"] = dump_condition(quota.when)
    return made | ({"ending": quota.ending} if quota.ending else {})
