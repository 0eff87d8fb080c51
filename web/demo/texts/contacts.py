"""What Acme's customers ask and what they are told, by language and subject. Each story is told in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """One contact of a story: how, in which direction, how many hours after the one before, and the words."""

    channel: str
    direction: str
    hours: int
    words: str


@dataclass(frozen=True, slots=True)
class Tale:
    """Contacts one after another, and what somebody is to do after the first."""

    contacts: Sequence[Told]
    task: str


TALES: Mapping[str, Mapping[str, Sequence[Tale]]] = {
    "en": {
        "trouble": (
            Tale(
                (
                    Told(
                        "email",
                        "in",
                        0,
                        "The parcel is four days late and the bag inside was torn. Half the beans are gone.",
                    ),
                    Told(
                        "call",
                        "out",
                        5,
                        "Apologised, a new bag goes out today by courier. Was glad that somebody called.",
                    ),
                    Told("email", "in", 70, "The new bag is here, thank you. I will order again."),
                ),
                "Call about the torn bag and send a new one",
            ),
            Tale(
                (
                    Told("chat", "in", 0, "Asked where the parcel is; tracking has said “in transit” for a week."),
                    Told(
                        "email",
                        "out",
                        3,
                        "Parcel found at the depot. Refunded the postage and added a sample of the new roast.",
                    ),
                ),
                "Find the parcel with the carrier",
            ),
            Tale(
                (
                    Told("call", "in", 0, "Angry: third late delivery in a row, wants to cancel the subscription."),
                    Told(
                        "call",
                        "out",
                        20,
                        "Explained the change of carrier. Paused the subscription for a month instead.",
                    ),
                ),
                "Call back before the subscription ends",
            ),
        ),
        "shop": (
            Tale(
                (
                    Told(
                        "call",
                        "in",
                        0,
                        "Asked which grind fits a moka pot. Recommended medium-fine, house espresso.",
                    ),
                    Told("email", "out", 26, "Sent the brewing guide as promised."),
                ),
                "Send the brewing guide",
            ),
            Tale(
                (
                    Told("meeting", "in", 0, "Came by the café, interested in the tasting evening in two weeks."),
                    Told("call", "out", 48, "Two seats booked for the tasting."),
                ),
                "Book two seats for the tasting",
            ),
            Tale(
                (
                    Told(
                        "social",
                        "in",
                        0,
                        "Praised the cold brew under our picture and asked when it comes in bottles.",
                    ),
                    Told("social", "out", 8, "Thanked them, bottles come in May."),
                ),
                "Tell them when the bottles are out",
            ),
        ),
        "business": (
            Tale(
                (
                    Told(
                        "meeting",
                        "out",
                        0,
                        "Visited the office. Forty people, two machines, want a trial with 5 kg a week.",
                    ),
                    Told("email", "out", 20, "Sent the offer for the trial."),
                    Told("call", "in", 96, "Takes the trial, starts on the first of the month."),
                ),
                "Send the offer for the trial",
            ),
            Tale(
                (
                    Told("letter", "in", 0, "Cancels the delivery to the second office, which closes."),
                    Told("call", "out", 30, "Confirmed. The first office stays, and takes one kilo more."),
                ),
                "Confirm the smaller delivery",
            ),
        ),
    },
    "de": {
        "trouble": (
            Tale(
                (
                    Told(
                        "email",
                        "in",
                        0,
                        "Das Paket kam vier Tage zu spät, und die Tüte war aufgerissen. Die Hälfte fehlt.",
                    ),
                    Told(
                        "call",
                        "out",
                        5,
                        "Entschuldigt, neue Tüte geht heute per Kurier raus. Hat sich über den Anruf gefreut.",
                    ),
                    Told("email", "in", 70, "Die neue Tüte ist da, vielen Dank. Ich bestelle wieder."),
                ),
                "Wegen der kaputten Tüte anrufen und Ersatz schicken",
            ),
            Tale(
                (
                    Told("chat", "in", 0, "Fragt, wo das Paket bleibt; seit einer Woche „unterwegs“."),
                    Told(
                        "email",
                        "out",
                        3,
                        "Paket im Depot gefunden. Porto erstattet, Probe der neuen Röstung dazugelegt.",
                    ),
                ),
                "Paket beim Zusteller suchen",
            ),
            Tale(
                (
                    Told("call", "in", 0, "Verärgert: dritte verspätete Lieferung, will das Abo kündigen."),
                    Told(
                        "call",
                        "out",
                        20,
                        "Wechsel des Zustellers erklärt. Abo für einen Monat pausiert statt gekündigt.",
                    ),
                ),
                "Zurückrufen, bevor das Abo endet",
            ),
        ),
        "shop": (
            Tale(
                (
                    Told(
                        "call",
                        "in",
                        0,
                        "Welcher Mahlgrad für die Espressokanne? Mittelfein empfohlen, Hausespresso.",
                    ),
                    Told("email", "out", 26, "Brühanleitung geschickt, wie versprochen."),
                ),
                "Brühanleitung schicken",
            ),
            Tale(
                (
                    Told("meeting", "in", 0, "War im Café, möchte zur Verkostung in zwei Wochen kommen."),
                    Told("call", "out", 48, "Zwei Plätze für die Verkostung reserviert."),
                ),
                "Zwei Plätze für die Verkostung reservieren",
            ),
        ),
        "business": (
            Tale(
                (
                    Told(
                        "meeting",
                        "out",
                        0,
                        "Besuch im Büro. Vierzig Leute, zwei Maschinen, Probelieferung mit 5 kg pro Woche.",
                    ),
                    Told("email", "out", 20, "Angebot für die Probelieferung geschickt."),
                    Told("call", "in", 96, "Nimmt die Probelieferung, ab dem Ersten."),
                ),
                "Angebot für die Probelieferung schicken",
            ),
            Tale(
                (
                    Told("letter", "in", 0, "Kündigt die Lieferung an das zweite Büro, das schließt."),
                    Told("call", "out", 30, "Bestätigt. Das erste Büro bleibt und nimmt ein Kilo mehr."),
                ),
                "Kleinere Lieferung bestätigen",
            ),
        ),
    },
}
"""Trouble belongs to the bad month; the others happen all year."""

ONCE: Mapping[str, Sequence[Told]] = {
    "en": (
        Told("call", "in", 0, "Asked whether we are open on the bank holiday. Yes, from nine to two."),
        Told("meeting", "in", 0, "Tasted the new filter roast at the counter and took a bag home."),
        Told("email", "in", 0, "Says thank you for the handwritten card in the parcel."),
        Told("chat", "in", 0, "Wanted to know how fine to grind for a moka pot. Sent the guide."),
        Told("call", "out", 0, "Told that the grinder is repaired and can be fetched."),
        Told("social", "in", 0, "Shared a picture of the first cup from the new bag."),
        Told("letter", "out", 0, "Sent the invitation to the cupping evening by post."),
    ),
    "de": (
        Told("call", "in", 0, "Fragte, ob wir am Feiertag geöffnet haben. Ja, von neun bis zwei."),
        Told("meeting", "in", 0, "Hat am Tresen die neue Filterröstung probiert und eine Tüte mitgenommen."),
        Told("email", "in", 0, "Bedankt sich für die handgeschriebene Karte im Paket."),
        Told("chat", "in", 0, "Wollte wissen, wie fein für die Mokkakanne zu mahlen ist. Anleitung geschickt."),
        Told("call", "out", 0, "Gesagt, dass die Mühle repariert ist und abgeholt werden kann."),
        Told("social", "in", 0, "Hat ein Bild der ersten Tasse aus der neuen Tüte geteilt."),
        Told("letter", "out", 0, "Die Einladung zum Verkostungsabend per Post geschickt."),
    ),
}
"""What is said and settled in one contact."""
