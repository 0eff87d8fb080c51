"""What Acme's customers agreed to and took back: news and offers, and a few who want no surveys.

The words that they agreed to are the product's, and when they did follows from who they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import consent_texts
from customers.models import Consent, ConsentText
from web.demo import customers
from web.demo.plan import SEED
from web.demo.story import Story

NEWS, SURVEYS = "news", "survey"
GAVE, TOOK_BACK, NO_SURVEYS = 0.48, 0.13, 0.015
"""How many agree to news, how many of those take it back, and how many want no surveys."""
CHUNK = 1_000

Act = tuple[str, str, datetime]
"""Purpose, state and when."""


def acts(story: Story, row: Mapping[str, Any]) -> Sequence[Act]:
    """What somebody did, oldest first."""
    chance, since = Random(f"{SEED} agreed {row['external_id']}"), row["created_at"]
    found: list[Act] = []
    if row["email"] is not None and chance.random() < GAVE:
        given = min(since + timedelta(minutes=chance.randint(1, 9)), story.end)
        found.append((NEWS, "given", given))
        if chance.random() < TOOK_BACK:
            found.append((NEWS, "withdrawn", given + (story.end - given) * chance.random()))
    if chance.random() < NO_SURVEYS:
        found.append((SURVEYS, "withdrawn", since + (story.end - since) * chance.random()))
    return found


def stands(done: Sequence[Act], purpose: str, moment: datetime) -> str:
    """What counts for a purpose at a moment; empty where nothing was said."""
    said = [state for about, state, at in done if about == purpose and at <= moment]
    return said[-1] if said else ""


def fill(session: Session, story: Story, crowd: Sequence[Mapping[str, Any]], business: str) -> None:
    """Writes down what is not there yet."""
    words = {
        language: consent_texts.current(session, NEWS, language, business)
        for language in sorted({row["language"] for row in crowd})
    }
    rows = list(_rows(story, crowd, words))
    for start in range(0, len(rows), CHUNK):
        session.execute(insert(Consent).on_conflict_do_nothing(), rows[start : start + CHUNK])


def _rows(
    story: Story, crowd: Sequence[Mapping[str, Any]], words: Mapping[str, ConsentText]
) -> Iterator[dict[str, Any]]:
    for row in crowd:
        for number, (purpose, state, at) in enumerate(acts(story, row)):
            text = words[row["language"]] if state == "given" else None
            yield {
                "id": customers.fixed_id(at, f"act {row['external_id']} {number}"),
                "person_id": row["id"],
                "purpose": purpose,
                "channel": "email",
                "topic": "",
                "state": state,
                "source": "form" if state == "given" else "link",
                "text_id": text.id if text else None,
                "text_version": str(text.number) if text else None,
                "text_digest": text.digest if text else None,
                "locale": row["language"] if text else None,
                "at": at,
                "created_at": at,
            }
