"""What can be read after somebody answered an anonymous survey by their own link is what could be read without.

The same answer is given twice: by the open link, as anybody may, and by the link of one of those who were invited.
Then everything that staff, programs and customers can read is compared, and every row of the workspace.
"""

import json
import logging
import re
from contextvars import Context
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile, is_zipfile

import pytest
import time_machine
from bs4 import BeautifulSoup
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

import worker
from customers import links, links_mixing, people
from customers.models import PersonalLink
from customers.portal import parts
from customers.portal import sessions as portal_sessions
from infra import clock
from infra.db import TenantRef
from infra.events import dispatch
from infra.http import Policy
from infra.services import Services
from surveys import exports, known
from surveys.models import Survey, SurveyRound
from tenants.permissions import SCOPES, SYSTEM
from tenants.webhooks import endpoints
from tests.customers.contact_story import somebody
from tests.customers.segment_story import asks, make
from tests.customers.test_contact_sending import rules
from tests.shape.test_matrix import House
from tests.surveys.test_invitations import begun
from tests.web.public.respondent import Respondent
from tests.web.story import Person as Reader
from tests.web.story import add_member
from web.application import Application

SEED = re.compile(r'(?<="order_seed": )\d+')
"""The end of a submission key, which is drawn by lot for each answer, told once more as a number."""
ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


@dataclass
class Office:
    """A workspace that invites two people to an anonymous survey, and all who read in it."""

    house: House
    services: Services
    session: Session
    tenant: TenantRef
    survey: Survey
    segment: UUID
    round: SurveyRound
    people: list[UUID]
    tokens: list[str]
    webhook: UUID
    program: Reader

    @property
    def named(self) -> dict[str, list[UUID]]:
        """What stands in addresses, by the name it has there."""
        (link,) = self.session.scalars(select(PersonalLink.id).where(PersonalLink.person_id == self.people[0]))
        return {
            "survey_id": [self.survey.id],
            "round_id": [self.round.id],
            "segment_id": [self.segment],
            "person_id": self.people,
            "webhook_id": [self.webhook],
            "link_id": [link],
        }

    def after(self, token: str) -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, list[str]]]:
        """Rows on the day itself, rows on the next day, and what can be read then, after an answer by this link."""
        respondent = Respondent(self.house.app, self.tenant)
        with self.house.undone():
            asked = {"query_string": {"p": token}} if token else {}
            respondent.open(self.survey.address, **asked).send(score="9")
            self.settle()
            today = self.rows()
            with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
                links_mixing.mix(self.session)
                begun(self.session, self.services, self.tenant, self.survey, self.segment, reminder=True)
                self.settle()
                found = today, self.rows(), self.read()
        self.session.expire_all()
        return found

    def settle(self) -> None:
        """Whatever follows from what happened."""
        Context().run(lambda: dispatch.drain(self.services.db, self.tenant, worker.REACTIONS))

    def rows(self) -> dict[str, list[str]]:
        """Every row of the workspace, by table."""
        self.session.flush()
        tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        found = {}
        for table in self.session.scalars(text(tables)).all():
            rows = self.session.scalars(text(f'SELECT row_to_json(t)::text FROM "{table}" t')).all()
            found[table] = sorted(self.plain(row) for row in rows)
        return found

    def read(self) -> dict[str, list[str]]:
        """All that staff, programs and the two themselves get to see, by address."""
        owner = Reader(self.house.app, role="owner").at(self.tenant)
        found: dict[str, list[str]] = {}
        for reader, who in ((owner, "staff"), (self.program, "key"), (self.customer(), "portal")):
            for rule in self.house.rules(who):
                for path in self.paths(rule) if "GET" in (rule.methods or ()) else ():
                    address = reader.address(rule.endpoint, *path)
                    found[address] = self.answer(reader, address)
        choice = f"?segment={self.segment}&what=reminder"
        address = owner.address("console.invitations.new", self.survey) + choice
        found[address] = self.answer(owner, address)
        found["csv"] = [self.plain(b"".join(exports.stream(self.session, self.survey)).decode())]
        return found

    def customer(self) -> Reader:
        """The first of those who were invited, on the customer pages."""
        browser = Reader(self.house.app).at(self.tenant)

        def begin() -> str:
            with self.services.db.tenant_session(self.tenant) as session:
                whose = people.get(session, self.people[0])
                return portal_sessions.start(session, whose, how="code", agent="firefox/windows")[1]

        token = Context().run(begin)
        browser.client.set_cookie("rapport-portal", token, domain=browser.host.partition(":")[0])
        return browser

    def paths(self, rule: Rule) -> list[list[UUID | str]]:
        """The addresses of a route: none where it is about something else than these two."""
        named = {**self.named, "part_code": [part.code for part in parts.all_parts()]}
        if not rule.arguments <= named.keys():
            return []
        paths: list[list[UUID | str]] = [[]]
        for name in re.findall(r"<(?:[^:<>]+:)?([^<>]+)>", rule.rule):
            paths = [[*path, each] for path in paths for each in named[name]]
        return paths

    def answer(self, reader: Reader, address: str) -> list[str]:
        """What stands there: rows and items for themselves, whatever their order."""
        given = reader.client.get(address, base_url=f"http://{reader.host}", headers=reader.headers)
        if given.mimetype == "application/json":
            items = given.json.pop("items", []) if isinstance(given.json, dict) else []
            said = [json.dumps(each, sort_keys=True) for each in (*items, given.json)]
        elif is_zipfile(BytesIO(given.data)):
            with ZipFile(BytesIO(given.data)) as file:
                said = [file.read(name).decode() for name in file.namelist()]
        elif not given.mimetype.startswith("text/"):
            said = [given.data.hex()]
        else:
            soup = BeautifulSoup(given.text, "html.parser")
            for each in soup.select("script, meta, input[type=hidden]"):
                each.decompose()
            rows = [each.extract() for each in soup.select("tr, li")]
            said = [" ".join(each.get_text(" ").split()) for each in (*rows, soup)]
        return [str(given.status_code), *sorted(self.plain(part) for part in said)]

    def plain(self, said: str) -> str:
        """Without ids that are drawn by lot, other than those of what was there before."""
        kept = {each.hex for ids in self.named.values() for each in ids}
        said = SEED.sub("<seed>", said)
        return ID.sub(lambda id: id[0] if id[0].replace("-", "") in kept else "<id>", said)


@pytest.fixture
def office(app: Application, joined: Services, acme: TenantRef, session: Session, survey: Survey) -> Office:
    rules(session, most=5)
    crowd = [somebody(session, external_id=name) for name in ("early", "later")]
    for each in crowd:
        each.nps = 9
    known.set_identity(session, survey, "anonymous", by=SYSTEM)
    segment = make(session, asks("nps", "at_least", 9), name="Invited").id
    made = begun(session, joined, acme, survey, segment)
    tokens = [known.issue_link(session, survey, each.id) for each in crowd]
    hook = endpoints.create(
        session, Policy.of(joined.settings), url="https://example.org/hook", kinds=("*",), by=SYSTEM
    )
    add_member(session, "owner")
    program = Reader(app, scopes=tuple(SCOPES)).at(acme)
    ids, house = [each.id for each in crowd], House(app, joined.db)
    made_so = Office(house, joined, session, acme, survey, segment, made, ids, tokens, hook.id, program)
    session.flush()
    made_so.settle()
    return made_so


def test_nothing_readable_says_that_somebody_answered_an_anonymous_survey(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with time_machine.travel(clock.now(), tick=False):
        nobody = office.after("")
        caplog.clear()
        somebody_known = office.after(office.tokens[0])
    logged = " ".join(str(vars(each)) for each in caplog.records)
    for secret in (office.tokens[0], str(office.people[0])):
        assert secret not in logged
    for before, after in zip(nobody, somebody_known, strict=True):
        assert before.keys() == after.keys()
    assert {at: said for at, said in somebody_known[2].items() if said != nobody[2][at]} == {}
    assert {at.split("/")[1] for at in nobody[2] if at != "csv"} == {"console", "api", "portal"}
    assert nobody[2]["/portal/data/parts/links"][0] == "200"
    for day in (0, 1):
        differing = {table for table, rows in somebody_known[day].items() if rows != nobody[day][table]}
        assert differing == {"personal_links", *(() if day else ("marks",))}
        fresh = set(somebody_known[day]["personal_links"]) - set(nobody[day]["personal_links"])
        assert [json.loads(row)["spent_at"] for row in fresh] == [links.UNTOLD.isoformat()]
