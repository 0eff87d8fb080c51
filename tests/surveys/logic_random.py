"""Random surveys and answers for both evaluators: whatever a draft may hold, sensible or not."""

from typing import Any

from hypothesis import strategies as st

from surveys.definition import dump, parse
from tests.surveys.making import document, question, text

CODES = ["red", "green", "blue"]
NAMES = [f"ques{n}" for n in range(13)]
TYPES = [
    "nps", "single_choice", "multiple_choice", "consent", "short_text", "ces", "rating", "statement",
    "single_choice", "matrix_single", "ranking", "number", "picture_choice",
]  # fmt: skip
BLOCKS = [f"b_page{n}" for n in range(5)]
ENDINGS = ["e_one0", "e_two0"]
VARIABLES = ["v_aaaa", "v_bbbb", "v_cccc"]
HIDDEN = ["plan", "tier", "sum"]
ROWS = ["row1", "row2"]
MOMENTS = ["2026-11-23", "2026-09-01", "14:05", "09:30", "2026-11-23T14:05", "2026-11-23T09:30"]
WORDS = [*CODES, *MOMENTS, "other", "gold", "Größe 😀", " ", "{{q_ques0}}", "<b>$&\\1", "5", "x" * 30]

UNARY = ["answered", "unanswered"]
BINARY = [
    "equals", "not_equals", "less_than", "at_most", "more_than", "at_least", "one_of", "includes_any",
    "includes_all", "includes_none",
]  # fmt: skip

decimals = st.integers(-100_000, 100_000).map(lambda n: n / 10_000) | st.integers(-3, 12)
fine = decimals | st.sampled_from([0.000001, 0.00001, -12.345678, 999_999_999_999.5, 10**12])
words = st.sampled_from(WORDS)
lists = st.lists(st.sampled_from([*CODES, "other", 1, 2]), max_size=3)
constants = st.builds(lambda value: {"type": "constant", "value": value}, fine | words | st.booleans() | lists)
questions = st.sampled_from([*NAMES, "gone"]).map(lambda name: {"type": "question", "id": f"q_{name}"})
rows = st.builds(lambda asked, row: {**asked, "row": row}, questions, st.sampled_from(ROWS))
asked = st.one_of(
    questions,
    questions,
    rows,
    st.just({"type": "language"}),
    st.sampled_from([*HIDDEN, "gone"]).map(lambda code: {"type": "hidden", "code": code}),
    st.sampled_from([*VARIABLES, "v_gone"]).map(lambda name: {"type": "variable", "id": name}),
)
comparisons = st.builds(lambda left, operator: {"left": left, "operator": operator}, asked, st.sampled_from(UNARY))
comparisons |= st.builds(
    lambda left, operator, right: {"left": left, "operator": operator, "right": right},
    asked,
    st.sampled_from(BINARY),
    constants | constants | asked,
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.builds(
        lambda key, of: {key: of}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=4,
)
perhaps = st.none() | conditions
jumps = st.lists(
    st.builds(
        lambda to, when: {"to": to} | ({"when": when} if when else {}),
        st.sampled_from([*BLOCKS, "b_gone", "end", *ENDINGS, "e_gone"]),
        perhaps,
    ),
    max_size=2,
)
tokens = st.builds(
    lambda name, otherwise: "{{" + name + otherwise + "}}",
    st.sampled_from(
        [
            *(f"q_{name}" for name in NAMES),
            "q_gone",
            "q_ques1.row1",
            "q_ques9.row2",
            *VARIABLES,
            "v_gone",
            "hidden.plan",
            "hidden.sum",
        ]
    ),
    st.sampled_from(["", "|you", " | dear you ", "|a|b", "|é"]),
)
texts = st.lists(tokens | st.sampled_from(["Hello ", "{{ }}", " $1 ", "\n"]), max_size=3).map("".join)


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """A document with thirteen questions in five blocks and every part that logic knows, as `parse` reads it."""
    made = [_question(draw, name, kind) for name, kind in zip(NAMES, TYPES, strict=True)]
    source = document(made[:2], made[2:4], made[4:6], made[6:8], made[8:])
    for block in source["blocks"]:
        block["jumps"] = draw(jumps)
        block["shuffle"] = draw(st.booleans())
        if draw(st.integers(0, 3)) == 0:
            block["show_if"] = draw(conditions)
    source["endings"] = [{"id": name, "text": {"en": draw(texts), "de": "x"}} for name in ENDINGS]
    source["variables"] = [_variable(draw, name) for name in draw(st.permutations(VARIABLES))]
    source["hidden"] = [
        {"code": "plan"},
        {"code": "tier", "values": ["gold", "red"]},
        {"code": "sum", "type": "number"},
    ]
    source["quotas"] = [
        {"id": f"u_quo{n}", "name": "x", "limit": 1} | ({"when": when} if when else {})
        for n, when in enumerate(draw(st.lists(perhaps, max_size=3)))
    ]
    if draw(st.booleans()):
        source["shuffle"] = [draw(st.permutations([*BLOCKS, "b_gone"]))[: draw(st.integers(2, 4))]]
    return dump(parse(source))


def _question(draw: st.DrawFn, name: str, kind: str) -> dict[str, Any]:
    more: dict[str, Any] = {"required": draw(st.booleans()), "jumps": draw(jumps), "fixed": draw(st.booleans())}
    for field in ("show_if", "require_if"):
        if draw(st.booleans()):
            more[field] = draw(conditions)
    if kind.endswith("choice"):
        more |= {"options": CODES, "shuffle": draw(st.booleans())}
        more |= {} if kind == "picture_choice" else {"other": text("else")}
    if kind in ("matrix_single", "ranking"):
        more |= {"options": CODES, "shuffle": draw(st.booleans())}
    made = question(name, kind, **more)
    if kind == "matrix_single":
        made["rows"] = [{"id": f"o_{name}r{row}", "code": row, "text": text(row)} for row in ROWS]
    made["text"] = {"en": draw(texts), "de": draw(texts)}
    for option in (*made.get("options", ()), *made.get("rows", ())):
        option |= {"points": draw(decimals), "fixed": draw(st.booleans())}
    return made


def _variable(draw: st.DrawFn, name: str) -> dict[str, Any]:
    terms = draw(
        st.lists(
            st.builds(
                lambda add, times, when: {"add": add, "times": times} | ({"when": when} if when else {}),
                asked | constants,
                decimals,
                perhaps,
            ),
            max_size=3,
        )
    )
    return {"id": name, "code": name, "start": draw(decimals), "terms": terms}


values = st.one_of(
    fine,
    words,
    st.booleans(),
    lists,
    st.none(),
    st.just(""),
    st.dictionaries(st.sampled_from([*ROWS, *CODES]), fine | words | lists, max_size=2),
)
answers = st.dictionaries(
    st.sampled_from([*(f"q_{name}" for name in NAMES), "q_ques1.other", "q_ques2.other", "q_gone"]), values
)
hidden = st.dictionaries(
    st.sampled_from([*HIDDEN, "gone"]),
    words | st.sampled_from(["12.5", "-0", "7.00", "1e3", "gold", ""]) | decimals,
)
inputs = st.builds(
    lambda answers, language, hidden, seed: {
        "answers": answers, "language": language, "hidden": hidden, "seed": seed,
    },
    answers,
    st.sampled_from(["en", "de"]),
    hidden,
    st.none() | st.integers(0, 2**32 - 1),
)  # fmt: skip
