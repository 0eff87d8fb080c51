"""Templates about what people use: a product, a web site."""

from surveys.library.writing import AGREE, LIKELY, OTHER, SATISFIED, Draft, ask, both, when

PRODUCT = Draft(
    key="product",
    name=both("Product feedback", "Rückmeldung zum Produkt"),
    purpose=both(
        "What people value in your product, and what they miss.",
        "Was an Ihrem Produkt geschätzt wird, und was fehlt.",
    ),
    title=both("Help us make it better", "Helfen Sie uns, besser zu werden"),
    blocks=(
        (
            ask(
                "usage",
                "single_choice",
                "How often do you use it?",
                "Wie oft benutzen Sie es?",
                options=[
                    ("daily", "Every day", "Täglich"),
                    ("weekly", "Every week", "Jede Woche"),
                    ("monthly", "Every month", "Jeden Monat"),
                    ("rarely", "Less often", "Seltener"),
                ],
                required=True,
            ),
            ask(
                "satisfied",
                "csat",
                "How satisfied are you with it?",
                "Wie zufrieden sind Sie damit?",
                required=True,
                **SATISFIED,
            ),
            ask(
                "easy",
                "ces",
                "It is easy to use.",
                "Es ist leicht zu benutzen.",
                **AGREE,
            ),
        ),
        (
            ask(
                "valued",
                "multiple_choice",
                "What do you value most?",
                "Was schätzen Sie am meisten?",
                options=[
                    ("quality", "Quality", "Qualität"),
                    ("design", "Design", "Gestaltung"),
                    ("price", "Price", "Preis"),
                    ("service", "Service", "Service"),
                    ("reliability", "Reliability", "Zuverlässigkeit"),
                ],
                max_choices=3,
                other=OTHER,
            ),
            ask("missing", "long_text", "What is missing?", "Was fehlt Ihnen?"),
            ask(
                "recommend",
                "nps",
                "How likely are you to recommend it to a friend or colleague?",
                "Wie wahrscheinlich ist es, dass Sie es Freunden oder Kollegen empfehlen?",
                **LIKELY,
            ),
        ),
    ),
)

WEBSITE = Draft(
    key="website",
    name=both("Web site", "Website"),
    purpose=both(
        "Did visitors find what they came for?",
        "Haben Ihre Besucher gefunden, was sie gesucht haben?",
    ),
    title=both("Did you find what you were looking for?", "Haben Sie gefunden, was Sie gesucht haben?"),
    blocks=(
        (
            ask(
                "purpose",
                "single_choice",
                "Why did you come to our site today?",
                "Warum haben Sie uns heute besucht?",
                options=[
                    ("buy", "To buy something", "Um etwas zu kaufen"),
                    ("learn", "To learn about a product", "Um mich zu informieren"),
                    ("help", "To get help", "Weil ich Hilfe brauche"),
                    ("contact", "To find an address or phone number", "Um Kontaktdaten zu finden"),
                ],
                other=OTHER,
                required=True,
            ),
            ask(
                "found",
                "single_choice",
                "Did you find it?",
                "Haben Sie es gefunden?",
                options=[
                    ("yes", "Yes", "Ja"),
                    ("partly", "Partly", "Teilweise"),
                    ("no", "No", "Nein"),
                ],
                required=True,
            ),
            ask(
                "not_found",
                "short_text",
                "What did you not find?",
                "Was haben Sie nicht gefunden?",
                **when("found", "one_of", ["partly", "no"]),
            ),
            ask("easy", "ces", "It was easy to find my way.", "Ich habe mich leicht zurechtgefunden.", **AGREE),
        ),
    ),
)
