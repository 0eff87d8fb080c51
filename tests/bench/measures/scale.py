"""A survey with a million responses: its results page while answers come in, and its export."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from statistics import median
from uuid import UUID

import psutil
import psycopg
from itsdangerous import URLSafeTimedSerializer
from psycopg import sql
from sqlalchemy import func, select

from infra import long_jobs
from infra.db import TenantRef
from infra.ids import new_id, new_token
from surveys import results, rollups
from surveys.definition import Definition
from surveys.jobs import answers_csv
from surveys.models import Response, Survey
from surveys.publishing import find_live
from tenants import sessions, staff
from tenants.permissions import SYSTEM
from tests.bench import house, load, seed
from tests.bench.house import House
from tests.bench.measures import respondents
from tests.bench.rows import Row, at_most, info

MILLION = 1_000_000
ANSWERS_A_SECOND = 50
INSERT = """
INSERT INTO responses (id, survey_id, version_id, submission_key, revision, fingerprint, state, source, language,
    answers, texts, nps, csat, ces, started_at, updated_at, finished_at)
SELECT gen_random_uuid(), %(survey)s, %(version)s, gen_random_uuid(), 1, md5(n::text), 'finished', 'link',
    CASE n %% 4 WHEN 0 THEN 'de' ELSE 'en' END,
    jsonb_build_object(%(csat)s::text, 1 + n %% 5, %(nps)s::text, n %% 11),
    jsonb_build_object(%(text)s::text, 'The beans came a day late, but they smell wonderful.'),
    n %% 11, 1 + n %% 5, NULL, moment, moment, moment
  FROM (SELECT n, now() - (n %% 365) * interval '1 day' - (n %% 600) * interval '1 minute' AS moment
          FROM generate_series(1, %(count)s) n) made
"""


def results_1m(here: House) -> Iterator[Row]:
    """The results page of a million responses, while 50 answers a second come in and a worker counts them."""
    one = million(here)
    cookie = signed_in(here, one.tenant)
    path = f"/console/surveys/{one.survey}/results"
    with house.serving(here, "wsgi:app", **house.PATIENT) as port, house.working(here):
        _get(here, port, one.tenant, path, cookie)
        with answering(here, port, one) as sent:
            took = [timed(here, port, one.tenant, path, cookie) for _ in range(8 * here.rounds)]
    yield info("results_1m_answers_meanwhile", sent[0], "")
    yield info("results_1m_slowest", max(took) * 1e3, "ms")
    yield at_most("results_1m", median(took) * 1e3, "ms", 300)
    yield at_most("results_1m_inexact_by", _difference(here, one), "", 0)


def export_1m(here: House) -> Iterator[Row]:
    """The CSV of a million responses as long work: how much its worker grows, and how fast it goes."""
    one = million(here)
    with here.services.db.tenant_session(one.tenant) as session:
        work = long_jobs.start(session, answers_csv, by=SYSTEM, subject=one.survey, filename="bench.csv")
    with house.working(here) as worker:
        most = max(_growth(here, one.tenant, work.id, worker))
    with here.services.db.tenant_session(one.tenant) as session:
        made = long_jobs.get_long_job(session, work.id)
    if made.state != "done" or made.done < MILLION or made.result_bytes is None:
        raise RuntimeError(f"the export is {made.state} after {made.done} lines")
    if made.started_at is None or made.ended_at is None:
        raise RuntimeError("work that is done has begun and ended")
    yield info("export_1m_rows", made.done / (made.ended_at - made.started_at).total_seconds(), "rows/s")
    yield info("export_1m_size", made.result_bytes / 1e6, "MB")
    yield at_most("export_1m_growth", most / 1e6, "MB", 100)


def _growth(here: House, tenant: TenantRef, job_id: UUID, worker: int) -> Iterator[int]:
    """How many bytes the worker's processes have grown since the work was taken up, until it is done."""
    before: dict[int, int] = {}
    deadline = time.monotonic() + 900
    while time.monotonic() < deadline:
        with here.services.db.tenant_session(tenant) as session:
            work = long_jobs.get_long_job(session, job_id)
        if work.state == "running":
            for process in psutil.Process(worker).children(recursive=True):
                size = process.memory_info().rss
                yield size - before.setdefault(process.pid, size)
        elif work.state != "waiting":
            return
        yield 0
        time.sleep(0.05)


def million(here: House) -> seed.Seeded:
    """The survey with a million responses, made on the first run; that takes a minute or two."""
    return answered(here, seed.tenants(here.services, 60)[-1], MILLION)


def answered(here: House, tenant: TenantRef, count: int) -> seed.Seeded:
    """The published survey of a tenant with at least so many responses."""
    one = seed.published(here.services, [tenant], 1)[0]
    with here.services.db.tenant_session(one.tenant) as session:
        there = session.scalar(select(func.count()).select_from(Response)) or 0
        live = find_live(session, one.address)
    if live is None:
        raise RuntimeError("the survey is not published")
    if there < count:
        _fill(here, one, live.definition, count)
    return one


def _fill(here: House, one: seed.Seeded, definition: Definition, count: int) -> None:
    ids = {question.type: question.id for question in definition.questions}
    values = {
        "survey": one.survey,
        "version": one.version,
        "csat": ids["csat"],
        "nps": ids["nps"],
        "text": ids["long_text"],
        "count": count,
    }
    with psycopg.connect(house.database_dsn(here)) as connection:
        connection.execute("SELECT set_config('search_path', %s, true)", [one.tenant.schema])
        connection.execute(INSERT, values)
    with here.services.db.tenant_session(one.tenant) as session:
        rollups.rebuild(session, session.get_one(Survey, one.survey))
    with psycopg.connect(house.database_dsn(here), autocommit=True) as connection:
        for table in ("responses", "response_rollups"):
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(one.tenant.schema, table)))


@contextmanager
def answering(here: House, port: int, one: seed.Seeded) -> Iterator[list[int]]:
    """Answers come in at a steady rate inside; the list says how many."""
    ended, sent, form = threading.Event(), [0], respondents.fields(here, one)

    def run() -> None:
        while not ended.wait(1 / ANSWERS_A_SECOND):
            request = respondents.answer(here, one, form)
            load.drive(port, [request], seconds=1, connections=1).must_be(303)
            sent[0] += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield sent
    finally:
        ended.set()
        thread.join()


def _difference(here: House, one: seed.Seeded) -> float:
    """Responses in the figures minus responses in the table; nothing comes in any more."""
    with here.services.db.tenant_session(one.tenant) as session:
        shown = results.read(session, session.get_one(Survey, one.survey)).responses
        counted = session.scalar(
            select(func.count()).where(Response.survey_id == one.survey, Response.state == "finished")
        )
    return float(abs(shown - (counted or 0)))


def timed(here: House, port: int, tenant: TenantRef, path: str, cookie: str) -> float:
    begin = time.perf_counter()
    _get(here, port, tenant, path, cookie)
    return time.perf_counter() - begin


def _get(here: House, port: int, tenant: TenantRef, path: str, cookie: str) -> bytes:
    return _request(here, port, tenant, path, cookie).read()


def _request(here: House, port: int, tenant: TenantRef, path: str, cookie: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET", path, headers={"Host": here.host(tenant.slug), "Cookie": cookie})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    return answer


def signed_in(here: House, tenant: TenantRef) -> str:
    """The cookie of a member of staff."""
    member_id: UUID = new_id()
    with here.services.db.tenant_session(tenant) as session:
        member = staff.add(
            session,
            name="Bench",
            email=f"{member_id.hex}@bench.example",
            role="admin",
            password_hash="none",
            member_id=member_id,
            locale="en",
        )
        token = sessions.start(session, member)
    signer = URLSafeTimedSerializer(here.settings.secret, salt=f"session:{tenant.id}")
    return f"rapport={signer.dumps({'_user_id': token, 'csrf_token': new_token()})}"
