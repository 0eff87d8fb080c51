"""The counters behind quotas: how many places there are and how many are taken.

An answer takes its places where it is stored (`surveys.intake_rules`), under the rows' locks. Here are the other
moments at which counters change, and reading them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from surveys.definition import Definition, Quota, parse
from surveys.models import Response, Survey, SurveyQuota, SurveyVersion


@dataclass(frozen=True, slots=True)
class Standing:
    """How a quota of the live version stands."""

    quota: Quota
    taken: int

    @property
    def left(self) -> int:
        """Places that are free; none when the limit was lowered below what is taken."""
        return max(0, self.quota.limit - self.taken)


def settle(session: Session, survey: Survey, definition: Definition) -> None:
    """Makes the quotas of a version that goes live those of its survey.

    A new one begins with no place taken. Another limit holds at once, also for forms that are open; what was taken
    stays taken. One that the version no longer has lets everybody pass.
    """
    named = sorted(definition.quotas, key=lambda quota: quota.id)
    row = SurveyQuota
    gone = update(row).where(row.survey_id == survey.id, row.quota_id.not_in([quota.id for quota in named]))
    session.execute(gone.values(places=None))
    for quota in named:
        adding = insert(row).values(survey_id=survey.id, quota_id=quota.id, places=quota.limit)
        places = {"places": adding.excluded.places}
        session.execute(adding.on_conflict_do_update(index_elements=[row.survey_id, row.quota_id], set_=places))


def give_back(session: Session, response: Response) -> None:
    """Gives back the places that a response holds: for whoever deletes or declines one. Again, it does nothing."""
    if response.state != "finished" or not response.quotas:
        return
    row = SurveyQuota
    theirs = select(row).where(row.survey_id == response.survey_id, row.quota_id.in_(response.quotas))
    for quota in session.scalars(theirs.order_by(row.quota_id).with_for_update()):
        quota.taken -= 1
    response.quotas = None
    session.flush()


def of_live(session: Session, survey: Survey) -> Sequence[Standing]:
    """How the quotas of the version that takes answers now stand; none where there is no such version."""
    version = session.get(SurveyVersion, survey.live_version_id) if survey.live_version_id else None
    if version is None or not version.document.get("quotas"):
        return ()
    return list_standings(session, survey, parse(version.document))


def list_standings(session: Session, survey: Survey, definition: Definition) -> Sequence[Standing]:
    """How the quotas of a definition stand, in its order; a quota that was never published has none taken."""
    query = select(SurveyQuota.quota_id, SurveyQuota.taken).where(SurveyQuota.survey_id == survey.id)
    taken = {row.quota_id: row.taken for row in session.execute(query)}
    return [Standing(quota, taken.get(quota.id, 0)) for quota in definition.quotas]
