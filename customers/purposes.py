"""What people are written to for: one table in code. A topic refines a purpose and is declared by the tenant.

The legal kind decides what must be there before a message goes out: nothing for `transactional` (it was asked for,
or a contract needs it), no objection for `feedback`, and a consent for all others.
"""

from dataclasses import dataclass
from typing import Literal

from infra.errors import Invalid
from infra.i18n import N_

Kind = Literal["transactional", "feedback", "marketing", "loyalty", "board"]

CHANNELS: dict[str, str] = {
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "sms": N_("Text message"),
    "post": N_("Post"),
}
"""Ways to reach somebody. Consent is kept for each; what is sent goes by e-mail."""

KINDS: dict[str, str] = {
    "transactional": N_("Was asked for; goes out in any case"),
    "feedback": N_("Goes out unless the person has objected"),
    "marketing": N_("Only with consent"),
    "loyalty": N_("Only with consent"),
    "board": N_("Only with consent"),
}


class PurposeUnknown(Invalid):
    """No purpose of this code, or none that anybody can consent to."""

    code = "purpose_unknown"
    message = N_("There is no purpose with this code.")


class ChannelUnknown(Invalid):
    """No channel of this code."""

    code = "channel_unknown"
    message = N_("There is no such way to reach people.")


@dataclass(frozen=True, slots=True)
class Purpose:
    """One line of the table. `question` is the wording to which somebody agrees until the tenant writes its own;
    `why` stands below each mail; both may name `%(business)s`."""

    code: str
    kind: Kind
    name: str
    words: str
    question: str = ""
    why: str = ""

    @property
    def transactional(self) -> bool:
        """Whether neither consent nor budget nor quiet hours hold it back."""
        return self.kind == "transactional"


TABLE: tuple[Purpose, ...] = (
    Purpose(
        "service",
        "transactional",
        N_("Service"),
        N_("Confirmations, sign-in links and answers to what somebody asked"),
        why=N_("You get this mail because it belongs to something you asked %(business)s for."),
    ),
    Purpose(
        "survey",
        "feedback",
        N_("Surveys"),
        N_("Questions about what you experienced with us"),
        N_("%(business)s may ask me for my opinion. I can withdraw this at any time."),
        N_("You get this mail because you are a customer of %(business)s, who would like to know your opinion."),
    ),
    Purpose(
        "message",
        "feedback",
        N_("Personal messages"),
        N_("Letters that somebody here writes to you"),
        N_("%(business)s may write to me personally. I can withdraw this at any time."),
        N_("You get this mail because somebody at %(business)s wrote it to you."),
    ),
    Purpose(
        "news",
        "marketing",
        N_("News and offers"),
        N_("What is new, and what we offer"),
        N_("%(business)s may send me news and offers. I can withdraw this at any time."),
        N_("You get this mail because you agreed to news and offers from %(business)s."),
    ),
    Purpose(
        "loyalty",
        "loyalty",
        N_("Loyalty programme"),
        N_("Your points, rewards and levels"),
        N_("%(business)s may write to me about points and rewards. I can withdraw this at any time."),
        N_("You get this mail because you agreed to hear about the loyalty programme of %(business)s."),
    ),
    Purpose(
        "board",
        "board",
        N_("Customer board"),
        N_("Invitations and work of the customer advisory board"),
        N_("%(business)s may write to me about its customer board. I can withdraw this at any time."),
        N_("You get this mail because you agreed to hear about the customer board of %(business)s."),
    ),
)

PURPOSES: dict[str, Purpose] = {purpose.code: purpose for purpose in TABLE}

CHOSEN: tuple[Purpose, ...] = tuple(purpose for purpose in TABLE if not purpose.transactional)
"""Those that a person decides about."""


def get(code: str) -> Purpose:
    """Raises PurposeUnknown."""
    purpose = PURPOSES.get(code)
    if purpose is None:
        raise PurposeUnknown(problems={"purpose": [PurposeUnknown.message]})
    return purpose


def get_chosen(code: str) -> Purpose:
    """A purpose that people decide about. Raises PurposeUnknown."""
    purpose = get(code)
    if purpose.transactional:
        raise PurposeUnknown(problems={"purpose": [PurposeUnknown.message]})
    return purpose


def check_channel(channel: str) -> str:
    """Raises ChannelUnknown."""
    if channel not in CHANNELS:
        raise ChannelUnknown(problems={"channel": [ChannelUnknown.message]})
    return channel
