"""Templates for the evidence that standards ask for."""

from surveys.library.writing import LIKELY, WHY, Draft, ask, both, labelled

ASPECTS = [
    ("quality", "Quality of products and services", "Qualität der Produkte und Leistungen"),
    ("delivery", "Keeping to dates", "Termintreue"),
    ("advice", "Advice before the order", "Beratung vor dem Auftrag"),
    ("reach", "Reaching the right person", "Erreichbarkeit der richtigen Person"),
    ("complaints", "Handling of complaints", "Umgang mit Beschwerden"),
    ("price", "Value for money", "Preis und Leistung"),
]

ISO_9001 = Draft(
    key="iso_9001",
    name=both("Customer satisfaction (ISO 9001, 9.1.2)", "Kundenzufriedenheit (ISO 9001, 9.1.2)"),
    purpose=both(
        "What matters to customers, and how well you do it: importance and performance side by side, as evidence.",
        "Was Kunden wichtig ist und wie gut Sie es machen: Wichtigkeit und Leistung nebeneinander als Nachweis.",
    ),
    title=both("How satisfied are you with us?", "Wie zufrieden sind Sie mit uns?"),
    blocks=(
        (
            ask(
                "importance",
                "matrix_rating",
                "How important is this to you?",
                "Wie wichtig ist Ihnen das?",
                rows=ASPECTS,
                points=5,
                required=True,
                **labelled(("Not important", "Nicht wichtig"), ("Very important", "Sehr wichtig")),
            ),
        ),
        (
            ask(
                "performance",
                "matrix_rating",
                "How well do we do it?",
                "Wie gut machen wir das?",
                rows=ASPECTS,
                points=5,
                required=True,
                **labelled(("Poorly", "Schlecht"), ("Very well", "Sehr gut")),
            ),
        ),
        (
            ask(
                "first",
                "ranking",
                "What should we improve first? Name up to three.",
                "Was sollten wir zuerst verbessern? Nennen Sie bis zu drei Punkte.",
                options=ASPECTS,
                max_choices=3,
            ),
            ask(
                "recommend",
                "nps",
                "How likely are you to recommend us to a business partner?",
                "Wie wahrscheinlich ist es, dass Sie uns Geschäftspartnern empfehlen?",
                **LIKELY,
                **WHY,
            ),
            ask(
                "since",
                "date",
                "Since when have you been our customer?",
                "Seit wann sind Sie unser Kunde?",
                latest="today",
            ),
        ),
    ),
)
