"""What is published where, kept in the process and asked again once a second by one query.

Threads that find an old entry while another is asking serve what they have. While PostgreSQL is away an entry is
good for ten minutes more, so that pages stay up; what was never seen is Unavailable.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from uuid import UUID

import orjson

from infra.db import Databases, TenantRef, fast
from infra.errors import Unavailable
from surveys.answers import CompiledSurvey, compile_survey
from surveys.definition import parse
from surveys.errors import SurveyNotFound
from web.public.surveys.pages import Brand
from web.public.surveys.ready import ReadyPage

FRESH = 1.0
"""Seconds for which an answer of the database is taken as true."""
FRESH_FOR_ANSWERS = 20.0
"""The same for an answer: whether the survey is live is asked again by the statement that stores it."""
KEPT = 600.0
"""Seconds for which it serves while the database does not answer."""
MOST = 5_000
"""Addresses remembered by a process."""
MOST_VERSIONS = 500
"""Versions compiled and rendered in a process; the least used ones go first."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Version:
    """A published version, compiled, with its rendered pages by language and brand."""

    id: UUID
    compiled: CompiledSurvey
    pages: dict[tuple[str, Brand, bool], ReadyPage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Live:
    """A survey as its address shows it. `version` is None while nothing is published."""

    survey: UUID
    version: UUID | None
    brand_version: int
    has_logo: bool
    anonymous: bool = False
    zone: str = "UTC"


@dataclass(slots=True)
class _Entry:
    live: Live | None
    asked: float
    lock: Lock = field(default_factory=Lock)


class Published:
    """The cache of one process."""

    def __init__(self, databases: Databases, clock: Callable[[], float] = time.monotonic) -> None:
        self._databases = databases
        self._clock = clock
        self._entries: dict[tuple[UUID, str], _Entry] = {}
        self.version = lru_cache(MOST_VERSIONS)(self._load_version)

    def at(self, tenant: TenantRef, address: str, fresh: float = FRESH) -> Live:
        """The survey at the address, as it was at most `fresh` seconds ago. Raises SurveyNotFound, Unavailable."""
        entry = self._entries.get((tenant.id, address))
        if entry is None:
            entry = self._remember(tenant, address)
        elif self._clock() - entry.asked >= fresh and entry.lock.acquire(blocking=False):
            try:
                self._refresh(tenant, address, entry)
            finally:
                entry.lock.release()
        if entry.live is None:
            raise SurveyNotFound
        return entry.live

    def _remember(self, tenant: TenantRef, address: str) -> _Entry:
        asked = self._clock()
        entry = _Entry(_ask(self._databases, tenant, address), asked)
        if entry.live is not None:  # what is not there is not remembered: made-up addresses would fill the memory
            if len(self._entries) >= MOST:
                self._entries.clear()
            self._entries[tenant.id, address] = entry
        return entry

    def _refresh(self, tenant: TenantRef, address: str, entry: _Entry) -> None:
        asked = self._clock()
        try:
            live = _ask(self._databases, tenant, address)
        except Unavailable:
            if asked - entry.asked > KEPT:
                raise
            log.warning("survey page served from memory while the database is away")
            return
        entry.live, entry.asked = live, asked

    def _load_version(self, tenant: TenantRef, version: UUID) -> Version:
        rows = fast.once(self._databases, tenant, DOCUMENT, version)
        if not rows or rows[0][0] is None:
            raise SurveyNotFound
        return Version(version, compile_survey(parse(orjson.loads(rows[0][0]))))


LIVE = """
SELECT s.id, s.live_version_id, coalesce(b.version, 0), b.logo_key IS NOT NULL, s.identity, s.zone
  FROM surveys s LEFT JOIN tenant_settings b ON true
 WHERE s.address = $1 AND s.archived_at IS NULL AND (s.live_version_id IS NOT NULL OR s.withdrawn_at IS NOT NULL)
"""

DOCUMENT = "SELECT document::text FROM survey_versions WHERE id = $1::uuid"


def _ask(databases: Databases, tenant: TenantRef, address: str) -> Live | None:
    rows = fast.once(databases, tenant, LIVE, address)
    if not rows:
        return None
    survey, version, brand, logo, identity, zone = rows[0]
    own = (int(brand or 0), logo == "t", identity == "anonymous", zone or "UTC")
    return Live(UUID(survey), UUID(version) if version else None, *own)
