"""What the author of a round says in its mails: for each language a subject and a paragraph of their own.

Whoever reads a language that was left empty gets our words. What an anonymous survey stores, and that a reminder is
the only one, is said in any case.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import writing_text
from customers.writing_errors import MessageInvalid
from surveys.errors import RoundInvalid
from surveys.models import SurveyRound
from tenants import branding

LONGEST = 2_000
"""Letters of a paragraph: an invitation that is read to its end is short."""

Words = Mapping[str, Mapping[str, str]]
"""By language `subject` and `text`; each may be empty."""


@dataclass(frozen=True, slots=True)
class Own:
    """The words of one language; what is empty is said in ours."""

    subject: str = ""
    text: str = ""


OURS = Own()


def check(session: Session, words: Words) -> dict[str, dict[str, str]]:
    """As they are stored: languages without words are left out. Raises RoundInvalid, as `words.de.subject`."""
    known, problems, found = branding.get_settings(session).languages, dict[str, list[str]](), {}
    for language, said in words.items():
        at = f"words.{language}"
        if language not in known:
            problems[at] = [branding.UNKNOWN_LANGUAGE]
            continue
        given = said.get("subject", ""), said.get("text", "")
        try:
            subject, text = writing_text.check(*given, required=False, longest=LONGEST)
        except MessageInvalid as refusal:
            problems |= {f"{at}.{name}": list(sentences) for name, sentences in refusal.problems.items()}
            continue
        if subject or text:
            found[language] = {"subject": subject, "text": text}
    if problems:
        raise RoundInvalid(problems=problems)
    return found


def of(words: Words, language: str) -> Own:
    """What is said in a language."""
    return Own(**words[language]) if language in words else OURS


def of_rounds(session: Session, rounds: Collection[UUID], language: str) -> dict[UUID, Own]:
    """What rounds say in a language, by their ids."""
    if not rounds:
        return {}
    query = select(SurveyRound.id, SurveyRound.words).where(SurveyRound.id.in_(rounds))
    return {round_id: of(words, language) for round_id, words in session.execute(query)}
