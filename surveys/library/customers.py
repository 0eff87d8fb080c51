"""Templates for moments with a customer: after a purchase, after an event, after a complaint."""

from surveys.library.writing import LIKELY, OTHER, SATISFIED, Draft, ask, both, labelled, when

POOR_GOOD = labelled(("Poor", "Schlecht"), ("Excellent", "Ausgezeichnet"))

AFTER_PURCHASE = Draft(
    key="after_purchase",
    name=both("After a purchase", "Nach dem Kauf"),
    purpose=both(
        "Ordering, delivery and product in one short survey.",
        "Bestellung, Lieferung und Produkt in einer kurzen Umfrage.",
    ),
    title=both("How was your order?", "Wie war Ihre Bestellung?"),
    blocks=(
        (
            ask(
                "ordering",
                "csat",
                "How satisfied are you with the way you ordered?",
                "Wie zufrieden sind Sie mit dem Bestellvorgang?",
                required=True,
                **SATISFIED,
            ),
            ask(
                "delivery",
                "rating",
                "How was the delivery?",
                "Wie war die Lieferung?",
                look="star",
                points=5,
                **POOR_GOOD,
            ),
            ask(
                "delivery_problem",
                "multiple_choice",
                "What was wrong with the delivery?",
                "Was war bei der Lieferung nicht in Ordnung?",
                options=[
                    ("late", "It came late", "Sie kam zu spät"),
                    ("damaged", "Something was damaged", "Etwas war beschädigt"),
                    ("incomplete", "Something was missing", "Etwas hat gefehlt"),
                    ("information", "I did not know when it would come", "Ich wusste nicht, wann sie kommt"),
                ],
                other=OTHER,
                **when("delivery", "at_most", 3),
            ),
        ),
        (
            ask(
                "recommend",
                "nps",
                "How likely are you to recommend us to a friend or colleague?",
                "Wie wahrscheinlich ist es, dass Sie uns Freunden oder Kollegen empfehlen?",
                **LIKELY,
            ),
            ask("comment", "long_text", "What can we do better next time?", "Was können wir besser machen?"),
        ),
    ),
)

EVENT = Draft(
    key="event",
    name=both("After an event", "Nach einer Veranstaltung"),
    purpose=both(
        "Was it worth people's time, and what should the next one be about?",
        "Hat es sich gelohnt, und worum soll es beim nächsten Mal gehen?",
    ),
    title=both("How was the event?", "Wie war die Veranstaltung?"),
    blocks=(
        (
            ask(
                "overall",
                "rating",
                "How would you rate the event as a whole?",
                "Wie bewerten Sie die Veranstaltung insgesamt?",
                look="star",
                points=5,
                required=True,
                **POOR_GOOD,
            ),
            ask(
                "best",
                "multiple_choice",
                "What did you like best?",
                "Was hat Ihnen am besten gefallen?",
                options=[
                    ("content", "The content", "Die Inhalte"),
                    ("speakers", "The speakers", "Die Vortragenden"),
                    ("people", "Meeting people", "Die Begegnungen"),
                    ("food", "Food and drinks", "Essen und Getränke"),
                    ("venue", "The venue", "Der Ort"),
                ],
                max_choices=2,
                other=OTHER,
            ),
            ask(
                "again",
                "single_choice",
                "Would you come again?",
                "Würden Sie wiederkommen?",
                options=[
                    ("yes", "Yes", "Ja"),
                    ("maybe", "Maybe", "Vielleicht"),
                    ("no", "No", "Nein"),
                ],
            ),
            ask("topic", "short_text", "Which topic would you like next?", "Welches Thema wünschen Sie sich?"),
        ),
    ),
)

COMPLAINT = Draft(
    key="complaint",
    name=both("After a complaint", "Nach einer Beschwerde"),
    purpose=both(
        "Was the complaint handled fairly, and does the customer stay? Asks what ISO 10002 asks for.",
        "Wurde die Beschwerde fair behandelt, und bleibt der Kunde? Fragt, was ISO 10002 verlangt.",
    ),
    title=both("How did we handle your complaint?", "Wie sind wir mit Ihrer Beschwerde umgegangen?"),
    blocks=(
        (
            ask(
                "outcome",
                "csat",
                "How satisfied are you with the outcome of your complaint?",
                "Wie zufrieden sind Sie mit dem Ergebnis Ihrer Beschwerde?",
                required=True,
                **SATISFIED,
            ),
            ask(
                "effort",
                "ces",
                "It was easy to have my complaint dealt with.",
                "Es war leicht, meine Beschwerde klären zu lassen.",
                **labelled(("Strongly disagree", "Stimme gar nicht zu"), ("Strongly agree", "Stimme voll zu")),
            ),
            ask(
                "settled",
                "single_choice",
                "Is the matter settled for you?",
                "Ist die Sache für Sie erledigt?",
                options=[
                    ("yes", "Yes", "Ja"),
                    ("partly", "Partly", "Teilweise"),
                    ("no", "No", "Nein"),
                ],
                required=True,
            ),
        ),
        (
            ask(
                "open",
                "long_text",
                "What is still open?",
                "Was ist noch offen?",
                **when("settled", "one_of", ["partly", "no"]),
            ),
            ask(
                "stay",
                "single_choice",
                "Will you stay our customer?",
                "Bleiben Sie unser Kunde?",
                options=[
                    ("yes", "Yes", "Ja"),
                    ("unsure", "I do not know yet", "Das weiß ich noch nicht"),
                    ("no", "No", "Nein"),
                ],
            ),
        ),
    ),
)
