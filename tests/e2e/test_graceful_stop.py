"""The web process is told to stop in the middle of the day: whoever was let in gets an answer, and it is kept."""

import http.client
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from infra.db import TenantRef
from infra.services import Services
from surveys import publishing, surveys
from surveys.models import Response
from tests.e2e.conftest import own_queues
from tests.e2e.respondent import Respondent
from tests.e2e.site import start

RESPONDENTS = 12
BUSY_FOR = 1.5
WITHIN = 10


class Crowd:
    """Respondents who answer one survey after the other until nobody opens the door any more."""

    def __init__(self, port: int, host: str, address: str) -> None:
        self._where = (port, host, address)
        self._lock = threading.Lock()
        self.came_of_it: Counter[str] = Counter()
        self.threads = [threading.Thread(target=self._answer) for _ in range(RESPONDENTS)]

    def _answer(self) -> None:
        while True:
            somebody = Respondent(*self._where)
            try:
                opened, _ = somebody.get()
                outcome = f"kept {somebody.send(8)[0]}" if opened == 200 else f"not opened {opened}"
            except ConnectionRefusedError:
                return
            except (OSError, http.client.HTTPException) as problem:
                outcome = f"lost: {type(problem).__name__}"
            with self._lock:
                self.came_of_it[outcome] += 1


@pytest.mark.processes
@pytest.mark.timeout(180)
def test_no_answer_is_lost_when_the_web_process_stops(
    services: Services, own_tenant: TenantRef, environment: dict[str, str], project: Path, tmp_path: Path
) -> None:
    with services.db.tenant_session(own_tenant) as session:
        survey = surveys.create_from_template(session, "nps", zone="UTC")
        publishing.publish(session, survey)
        address = survey.address
    own = {
        **environment,
        "RAPPORT_VALKEY_URL": own_queues(environment["RAPPORT_VALKEY_URL"]),
        "RAPPORT_ANSWERS_PER_MINUTE": "1000000",
    }
    site = start(own, project, tmp_path / "log", workers=2)
    try:
        crowd = Crowd(site.port, f"{own_tenant.slug}.localhost", address)
        for thread in crowd.threads:
            thread.start()
        time.sleep(BUSY_FOR)  # the stop arrives in the middle of work
        web, began = site.processes[0], time.monotonic()
        web.terminate()
        web.wait(timeout=30)
        took = time.monotonic() - began
        for thread in crowd.threads:
            thread.join(timeout=30)
    finally:
        site.stop()

    assert set(crowd.came_of_it) == {"kept 303"}, crowd.came_of_it
    assert took < WITHIN
    with services.db.tenant_session(own_tenant) as session:
        stored = session.scalar(select(func.count()).select_from(Response).where(Response.state == "finished"))
    assert stored == crowd.came_of_it["kept 303"] > RESPONDENTS
