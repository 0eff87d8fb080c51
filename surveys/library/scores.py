"""The three scores, each with the one question that makes it useful: why."""

from surveys.library.writing import AGREE, LIKELY, OTHER, SATISFIED, Draft, ask, both, when

NPS = Draft(
    key="nps",
    name=both("Recommendation (NPS)", "Weiterempfehlung (NPS)"),
    purpose=both(
        "Would customers recommend you, and why? It takes under a minute.",
        "Würden Ihre Kunden Sie empfehlen, und warum? Es dauert keine Minute.",
    ),
    title=both("Would you recommend us?", "Würden Sie uns weiterempfehlen?"),
    blocks=(
        (
            ask(
                "recommend",
                "nps",
                "How likely are you to recommend us to a friend or colleague?",
                "Wie wahrscheinlich ist es, dass Sie uns Freunden oder Kollegen empfehlen?",
                required=True,
                **LIKELY,
            ),
            ask(
                "reason",
                "long_text",
                "What is the most important reason for your answer?",
                "Was ist der wichtigste Grund für Ihre Antwort?",
            ),
        ),
        (
            ask(
                "improve",
                "long_text",
                "What should we change first?",
                "Was sollten wir zuerst ändern?",
                **when("recommend", "at_most", 6),
            ),
            ask(
                "quote",
                "consent",
                "You may quote my answer without my name.",
                "Sie dürfen meine Antwort ohne meinen Namen zitieren.",
                **when("recommend", "at_least", 9),
            ),
        ),
    ),
)

CSAT = Draft(
    key="csat",
    name=both("Satisfaction (CSAT)", "Zufriedenheit (CSAT)"),
    purpose=both(
        "How satisfied were customers with one particular visit, order or call?",
        "Wie zufrieden waren Ihre Kunden mit einem Besuch, einer Bestellung oder einem Anruf?",
    ),
    title=both("How did we do?", "Wie waren wir?"),
    blocks=(
        (
            ask(
                "satisfied",
                "csat",
                "How satisfied are you with your experience today?",
                "Wie zufrieden sind Sie mit Ihrem heutigen Erlebnis?",
                required=True,
                **SATISFIED,
            ),
            ask(
                "aspects",
                "multiple_choice",
                "What stood out?",
                "Was ist Ihnen besonders aufgefallen?",
                options=[
                    ("staff", "The people", "Die Menschen"),
                    ("quality", "The quality", "Die Qualität"),
                    ("speed", "The speed", "Die Schnelligkeit"),
                    ("price", "The price", "Der Preis"),
                    ("place", "The place", "Der Ort"),
                ],
                other=OTHER,
            ),
        ),
        (
            ask(
                "wrong",
                "long_text",
                "What went wrong, and what would have made it right?",
                "Was ist schiefgelaufen, und was hätte geholfen?",
                **when("satisfied", "at_most", 2),
            ),
            ask("comment", "long_text", "Anything else?", "Möchten Sie noch etwas sagen?"),
        ),
    ),
)

CES = Draft(
    key="ces",
    name=both("Effort (CES)", "Aufwand (CES)"),
    purpose=both(
        "How easy was it to get something done? Best right after support or a return.",
        "Wie leicht war es, etwas zu erledigen? Am besten direkt nach Support oder Rückgabe.",
    ),
    title=both("How easy was it?", "Wie einfach war es?"),
    blocks=(
        (
            ask(
                "easy",
                "ces",
                "The company made it easy for me to handle my issue.",
                "Das Unternehmen hat es mir leicht gemacht, mein Anliegen zu erledigen.",
                required=True,
                **AGREE,
            ),
            ask(
                "solved",
                "single_choice",
                "Is your issue solved?",
                "Ist Ihr Anliegen erledigt?",
                options=[
                    ("yes", "Yes", "Ja"),
                    ("partly", "Partly", "Teilweise"),
                    ("no", "No", "Nein"),
                ],
            ),
            ask(
                "hard",
                "long_text",
                "What made it harder than it should be?",
                "Was hat es unnötig schwer gemacht?",
                **when("easy", "at_most", 4),
            ),
        ),
    ),
)
