"""The survey about Acme's coffee itself: a jump, conditions, own options, stars, a statement, a consent."""

from surveys.library.writing import OTHER, both, labelled
from web.demo.documents import document, jump, page, question, shown

HOME = page(
    "home",
    question(
        "drink",
        "single_choice",
        "Do you drink our coffee at home?",
        "Trinken Sie unseren Kaffee zu Hause?",
        options=[
            ("home", "Yes", "Ja"),
            ("cafe", "Only in your cafés", "Nur in Ihren Cafés"),
            ("stopped", "Not any more", "Nicht mehr"),
        ],
        required=True,
    ),
    jumps=[jump("b_taste", "drink", "cafe")],
)

LEFT = page(
    "left",
    question(
        "whyleft",
        "single_choice",
        "What was the reason?",
        "Was war der Grund?",
        options=[
            ("taste", "The taste", "Der Geschmack"),
            ("price", "The price", "Der Preis"),
            ("delivery", "The delivery", "Die Lieferung"),
        ],
        other=OTHER,
        required=True,
    ),
    jumps=[{"to": "b_wish"}],
    **shown("drink", "equals", "stopped"),
)

BREW = page(
    "brew",
    question(
        "brew",
        "multiple_choice",
        "How do you make your coffee?",
        "Wie machen Sie Ihren Kaffee?",
        options=[
            ("espresso", "Espresso machine", "Siebträger"),
            ("automatic", "Fully automatic machine", "Vollautomat"),
            ("filter", "Filter", "Filter"),
            ("press", "French press", "Stempelkanne"),
            ("moka", "Moka pot", "Herdkanne"),
        ],
        other=OTHER,
        required=True,
    ),
    question(
        "often",
        "single_choice",
        "How often do you buy from us?",
        "Wie oft kaufen Sie bei uns?",
        options=[
            ("weekly", "Every week", "Jede Woche"),
            ("monthly", "Every month", "Jeden Monat"),
            ("rarely", "Less often", "Seltener"),
        ],
    ),
    question(
        "cups",
        "number",
        "How many cups do you drink on an ordinary day?",
        "Wie viele Tassen trinken Sie an einem gewöhnlichen Tag?",
        lowest=0,
        highest=40,
        unit=both("cups", "Tassen"),
    ),
)

TASTE = page(
    "taste",
    question(
        "stars",
        "rating",
        "How do you like our coffee?",
        "Wie schmeckt Ihnen unser Kaffee?",
        required=True,
        points=5,
        look="star",
        **labelled(("Not at all", "Gar nicht"), ("Very much", "Sehr gut")),
    ),
    question(
        "aspects",
        "matrix_rating",
        "And in particular?",
        "Und im Einzelnen?",
        rows=[
            ("aroma", "Aroma", "Aroma"),
            ("fresh", "Freshness", "Frische"),
            ("bag", "Packaging", "Verpackung"),
            ("price", "Price", "Preis"),
        ],
        points=5,
        **labelled(("Poor", "Schlecht"), ("Excellent", "Ausgezeichnet")),
    ),
    question(
        "matters",
        "ranking",
        "What matters most to you when you buy coffee?",
        "Worauf kommt es Ihnen beim Kaffeekauf am meisten an?",
        options=[
            ("taste", "Taste", "Geschmack"),
            ("origin", "Origin and fair trade", "Herkunft und fairer Handel"),
            ("price", "Price", "Preis"),
            ("easy", "Easy to order", "Bequem zu bestellen"),
        ],
    ),
    question(
        "roasts",
        "multiple_choice",
        "Which roasts do you like best? Choose up to three.",
        "Welche Röstungen mögen Sie am liebsten? Wählen Sie bis zu drei.",
        options=[
            ("house", "House blend", "Hausmischung"),
            ("ethiopia", "Ethiopia", "Äthiopien"),
            ("kenya", "Kenya", "Kenia"),
            ("brazil", "Brazil", "Brasilien"),
            ("decaf", "Decaf", "Koffeinfrei"),
        ],
        other=OTHER,
        max_choices=3,
    ),
    question("taste", "long_text", "What makes you say so?", "Woran liegt das?"),
)

WISH = page(
    "wish",
    question(
        "roadmap",
        "statement",
        "We plan next year's range in autumn, and we read every wish.",
        "Im Herbst planen wir das Sortiment für das nächste Jahr und lesen jeden Wunsch.",
    ),
    question("wish", "long_text", "What would you like us to offer?", "Was sollten wir anbieten?"),
    question(
        "quote",
        "consent",
        "You may quote my answer without my name.",
        "Sie dürfen meine Antwort ohne meinen Namen zitieren.",
    ),
)

COFFEE = document(both("Our coffee and you", "Unser Kaffee und Sie"), HOME, LEFT, BREW, TASTE, WISH)
