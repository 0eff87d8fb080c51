"""What lets somebody write by hand without asking consent, budget and quiet hours: an answer, or a reason.

Neither is for programs, and both stand on the record with whoever wrote. An answer is to what came in by itself, by
mail or from a program such as a chat; what staff logged is their own word, and takes a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from customers import people, purposes
from customers.models import Interaction, Person
from customers.writing_errors import MessageInvalid
from infra import clock
from infra.i18n import N_
from infra.sentences import Sentence
from tenants import audit
from tenants.permissions import Actor

PERMISSION = "contacts.manage"
"""Who may give a reason of their own."""
DAYS = 30
"""How long what came in can be answered."""

REASONS: Mapping[str, str] = {
    "asked": N_("The customer asked for it by another way"),
    "contract": N_("A contract with the customer needs it"),
    "safety": N_("Their safety or their data are at risk"),
    "law": N_("A law demands it"),
}

FOR_STAFF = N_("Programs write no service messages. Choose another purpose.")
NO_GROUNDS = N_(
    "A service message answers what the customer wrote in the last %(days)s days. Open that contact and press"
    " “Answer by e-mail”, or choose another purpose."
)
SAY_WHY = N_("Say why this goes out without asking.")


@dataclass(frozen=True, slots=True)
class Grounds:
    """The interaction that is answered, or a code of REASONS."""

    answers: UUID | None = None
    reason: str = ""


NONE = Grounds()


def require(session: Session, person: Person, purpose: str, grounds: Grounds, *, by: Actor) -> None:
    """Nothing is needed for what the door asks everything of. Raises MessageInvalid, PurposeUnknown."""
    if (
        not purposes.get(purpose).transactional
        or find_answered(session, person, grounds.answers, by=by) is not None
    ):
        return
    if by.kind != "staff":
        raise MessageInvalid(problems={"purpose": [FOR_STAFF]})
    if not by.may(PERMISSION):
        raise MessageInvalid(problems={"purpose": [Sentence(NO_GROUNDS, days=DAYS)]})
    if grounds.reason not in REASONS:
        raise MessageInvalid(problems={"reason": [SAY_WHY]})


def record(session: Session, person: Person, purpose: str, grounds: Grounds, *, by: Actor) -> None:
    """Who wrote, and on which grounds."""
    if not purposes.get(purpose).transactional:
        audit.record(session, "person.written_to", by=by, subject=person.id, purpose=purpose)
    elif find_answered(session, person, grounds.answers, by=by) is not None:
        audit.record(session, "person.answered", by=by, subject=person.id, interaction=grounds.answers)
    else:
        audit.record(session, "person.written_to_unasked", by=by, subject=person.id, reason=grounds.reason)


def find_answered(
    session: Session, person: Person, interaction_id: UUID | None, *, by: Actor
) -> Interaction | None:
    """What of this person's staff may answer; None for whatever else is named."""
    found = session.get(Interaction, interaction_id) if interaction_id is not None else None
    if found is None or by.kind != "staff" or not can_be_answered(found):
        return None
    return found if found.person_id in people.ids_of(session, person.id) else None


def can_be_answered(interaction: Interaction) -> bool:
    """Whether the customer wrote it, lately, and no machine did. What their own domain disowns is not theirs."""
    return (
        interaction.person_id is not None
        and interaction.direction == "in"
        and interaction.source in ("mail", "api")
        and not interaction.automatic
        and interaction.authentication != "failed"
        and interaction.at > clock.now() - timedelta(days=DAYS)
    )
