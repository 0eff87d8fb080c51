"""Conditions as rows of a form, and back.

A row is one comparison with a constant. What is more than that (a group in a group, a question compared with a
question) came from the API or a template: the editor shows that it is there, and keeps or drops it as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from infra.i18n import N_, current_locale, gettext, language_name, separators
from surveys.definition import (
    Comparison,
    Condition,
    Constant,
    Definition,
    Group,
    HiddenOperand,
    LanguageOperand,
    Question,
    QuestionOperand,
    VariableOperand,
    words,
)
from web.console.surveys.settings_forms import number

LANGUAGE = "language"
IS_ONE_OF, UNARY = "one_of", ("answered", "unanswered")
MANY = (IS_ONE_OF, "includes_any", "includes_all", "includes_none")
MOST_ROWS = 50
MOST_LISTED = 11
FIRST_MOMENTS = {"date": "2026-01-01", "time": "12:00", "date_time": "2026-01-01T12:00"}

PRESENCE = (("answered", N_("was answered")), ("unanswered", N_("was not answered")))
BY_VALUE: dict[str, tuple[tuple[str, str], ...]] = {
    "code": ((IS_ONE_OF, N_("is one of")), ("not_equals", N_("is not")), *PRESENCE),
    "codes": (
        ("includes_any", N_("includes any of")),
        ("includes_all", N_("includes all of")),
        ("includes_none", N_("includes none of")),
        *PRESENCE,
    ),
    "boolean": (("equals", N_("is")), *PRESENCE),
    "moment": (
        ("at_least", N_("is at the earliest")),
        ("at_most", N_("is at the latest")),
        ("equals", N_("is")),
        ("not_equals", N_("is not")),
        ("less_than", N_("is before")),
        ("more_than", N_("is after")),
        *PRESENCE,
    ),
    "number": (
        ("at_most", N_("is at most")),
        ("at_least", N_("is at least")),
        ("equals", N_("is")),
        ("not_equals", N_("is not")),
        ("less_than", N_("is less than")),
        ("more_than", N_("is more than")),
        *PRESENCE,
    ),
    LANGUAGE: ((IS_ONE_OF, N_("is one of")), ("not_equals", N_("is not"))),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison as the form shows it. `kept` means that the form cannot show it and leaves it alone."""

    left: str
    label: str
    operator: str = ""
    operators: Sequence[tuple[str, str]] = ()
    values: Sequence[tuple[str, str]] = ()
    chosen: frozenset[str] = field(default_factory=frozenset)
    many: bool = False
    kept: bool = False
    input: str = ""
    """The type of the field in which a value is written, where there are none to choose from."""
    written: str = ""


def rows_of(condition: Condition | None, definition: Definition) -> list[Row]:
    """The rows of a condition, in its order."""
    return [_row(each, definition) for each in children(condition)]


def connector_of(condition: Condition | None) -> str:
    """Whether all rows must hold or any of them."""
    return condition.connector if isinstance(condition, Group) else "all"


def children(condition: Condition | None) -> tuple[Condition, ...]:
    """What stands at the top of a condition."""
    if condition is None:
        return ()
    return condition.conditions if isinstance(condition, Group) else (condition,)


def sources(definition: Definition, before: str, *, itself: bool = False) -> list[tuple[str, str]]:
    """What a condition of the element `before` can ask for: earlier questions and the language."""
    found: list[tuple[str, str]] = []
    for block in definition.blocks:
        if block.id == before and not itself:
            break
        for question in block.questions:
            if question.id == before and not itself:
                return [*found, *_language_source(definition)]
            if question.type != "statement":
                found.append((question.id, label_of(question, definition)))
            if question.id == before:
                return [*found, *_language_source(definition)]
        if block.id == before:
            break
    return [*found, *_language_source(definition)]


def label_of(question: Question, definition: Definition) -> str:
    """The question's words in the default language, shortened; says so while it has none."""
    text = words(question.text, definition.default_language, definition.default_language)
    if not text.strip():
        return gettext("(no words yet)")
    return text if len(text) <= 80 else text[:79] + "…"


def initial(left: str, definition: Definition) -> Comparison | None:
    """A comparison to start from when a question was chosen. None when there is no such question."""
    if left == LANGUAGE:
        return Comparison(LanguageOperand(), "equals", Constant(definition.default_language))
    question = next((q for q in definition.questions if q.id == left), None)
    if question is None or question.type == "statement":
        return None
    operand, kind = QuestionOperand(left), question.kind
    if kind.value == "number":
        scale = question.scale
        return Comparison(operand, "at_most", Constant(scale[(len(scale) - 1) * 6 // 10] if scale else 0))
    if kind.value == "boolean":
        return Comparison(operand, "equals", Constant(True))
    if kind.value == "moment":
        return Comparison(operand, "at_least", Constant(FIRST_MOMENTS[question.type]))
    if kind.value == "code" and question.codes:
        return Comparison(operand, "equals", Constant(question.codes[0]))
    if kind.value == "codes" and question.codes:
        return Comparison(operand, "includes_any", Constant((question.codes[0],)))
    return Comparison(operand, "answered")


def read_condition(
    form: "MultiDict[str, str]", prefix: str, old: Condition | None, definition: Definition, drop: str = ""
) -> Condition | None:
    """The condition that the form's rows under `prefix` describe; `drop` names a row to leave out."""
    kept = children(old)
    found: list[Condition] = []
    for index in range(MOST_ROWS):
        name = f"{prefix}.{index}"
        if f"{name}.left" not in form or name == drop:
            continue
        if f"{name}.kept" in form:
            found.extend(kept[index : index + 1])
        else:
            found.extend(read_row(form, name, definition))
    added = initial(form.get(f"{prefix}.add", ""), definition)
    if added is not None:
        found.append(added)
    if len(found) < 2:
        return found[0] if found else None
    return Group("any" if form.get(f"{prefix}.connector") == "any" else "all", tuple(found))


def read_row(form: "MultiDict[str, str]", name: str, definition: Definition) -> list[Comparison]:
    """The comparisons of one row; several values under "is not" are one comparison each."""
    left, operator = form.get(f"{name}.left", ""), form.get(f"{name}.operator", "")
    fallback = initial(left, definition)
    if fallback is None:
        return []
    question = next((q for q in definition.questions if q.id == left), None)
    if operator not in dict(_operators(question)):
        return [fallback]
    if operator in UNARY:
        return [Comparison(fallback.left, operator)]  # type: ignore[arg-type]
    values = [_typed(value, question) for value in form.getlist(f"{name}.value")[:200]]
    if not values:
        return [fallback]
    if operator == IS_ONE_OF and len(values) == 1:
        return [Comparison(fallback.left, "equals", Constant(values[0]))]
    if operator in MANY:
        many = tuple(value for value in values if not isinstance(value, bool))
        return [Comparison(fallback.left, operator, Constant(many))]  # type: ignore[arg-type]
    return [Comparison(fallback.left, operator, Constant(value)) for value in values]  # type: ignore[arg-type]


def _row(condition: Condition, definition: Definition) -> Row:
    unreadable = Row("", gettext("A condition that was made outside this editor"), kept=True)
    if isinstance(condition, Group) or not _is_simple(condition):
        return unreadable
    question, left, label = _left(condition, definition)
    if not left:
        return Row("", gettext("A condition on a question that no longer exists"), kept=True)
    offered = _operators(question)
    operator = IS_ONE_OF if condition.operator == "equals" and IS_ONE_OF in dict(offered) else condition.operator
    if operator not in dict(offered):
        return unreadable
    value = condition.right.value if isinstance(condition.right, Constant) else ()
    chosen = frozenset(_word(each) for each in (value if isinstance(value, tuple) else (value,)))
    translated = [(name, gettext(text)) for name, text in offered]
    many = question is None or question.kind.value in ("code", "codes")
    kind = _input(question)
    if kind:
        return Row(left, label, operator, translated, input=kind, written=_shown(next(iter(chosen), "")))
    return Row(left, label, operator, translated, _values(question, definition), chosen, many)


def _is_simple(test: Comparison) -> bool:
    """Whether a row of the form can show the comparison: a question or the language with a constant."""
    if isinstance(test.left, HiddenOperand | VariableOperand):
        return False
    whole = isinstance(test.left, LanguageOperand) or not test.left.row
    return whole and (test.right is None or isinstance(test.right, Constant))


def _left(condition: Comparison, definition: Definition) -> tuple[Question | None, str, str]:
    if not isinstance(condition.left, QuestionOperand):
        return None, LANGUAGE, gettext("The respondent's language")
    wanted = condition.left.id
    question = next((q for q in definition.questions if q.id == wanted), None)
    return (question, question.id, label_of(question, definition)) if question else (None, "", "")


def _operators(question: Question | None) -> tuple[tuple[str, str], ...]:
    return BY_VALUE[LANGUAGE] if question is None else BY_VALUE.get(question.kind.value, PRESENCE)


def _input(question: Question | None) -> str:
    """How a value is typed that is not chosen from a list."""
    if question is None or (question.kind.value == "number" and 0 < len(question.scale) <= MOST_LISTED):
        return ""
    moments = {"date": "date", "time": "time", "date_time": "datetime-local"}
    return moments.get(question.type, "text" if question.kind.value == "number" else "")


def _shown(word: str) -> str:
    """A number as it is typed in the language in use; anything else as it is."""
    return word.replace(".", separators(current_locale())[0]) if word.replace(".", "", 1).isdecimal() else word


def _values(question: Question | None, definition: Definition) -> list[tuple[str, str]]:
    if question is None:
        return [(language, language_name(language)) for language in definition.languages]
    if question.type == "consent":
        return [("yes", gettext("Yes")), ("no", gettext("No"))]
    default = definition.default_language
    named = {o.code: words(o.text, default, default) or o.code for o in question.options}
    if question.other is not None:
        named["other"] = words(question.other, default, default) or gettext("Other")
    return [(code, named.get(code, code)) for code in question.codes]


def _typed(value: str, question: Question | None) -> float | str | bool:
    if question is not None and question.type == "consent":
        return value == "yes"
    if question is not None and question.kind.value == "number":
        found = number(value)
        return found if found is not None else 0
    return value[:40]


def _word(value: float | str | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _language_source(definition: Definition) -> list[tuple[str, str]]:
    return [(LANGUAGE, gettext("The respondent's language"))] if len(definition.languages) > 1 else []
