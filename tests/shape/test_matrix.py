"""Every route × every role × own and foreign tenant × signed out, made from the access policy; nobody is left out.

A new route is covered as soon as it stands in `web/surfaces.py`. Examples of ids: `tests/shape/examples.py`.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from infra.ids import new_id
from tenants import staff
from tenants.permissions import PERMISSIONS, ROLES, SCOPES, of_role
from tests.shape import examples
from tests.shape.examples import JSON, Tenant, form_of, methods_of, missing, path_of
from tests.web.operator_story import as_operator, asks_beside
from tests.web.portal.story import as_customer
from tests.web.story import Person, add_member
from web.application import Application
from web.surfaces import policy

REFUSED = frozenset({401, 403, 404, 405, 429})
SIGN_IN = ("/console/sign-in", "/operator/sign-in", "/portal/sign-in")

ALL = frozenset(ROLES)
EXCUSED: dict[str, tuple[int, frozenset[str], str]] = {
    "console.patterns.index": (404, ALL, "the style guide is there in development only"),
    "console.patterns.show": (404, ALL, "the style guide is there in development only"),
    "console.patterns.try_out": (404, ALL, "the style guide is there in development only"),
    "console.jobs.result": (404, ALL, "this work has no result yet"),
    "api_v1.merges.merge_person": (404, frozenset({""}), "the other customer of the example is nobody"),
    "api_v1.imports.get_import_errors": (404, frozenset({""}), "the file of the example has no wrong rows"),
    "api_v1.people_changes.get_people_change_errors": (
        404,
        frozenset({""}),
        "the change of the example went well for everybody",
    ),
    "api_v1.suppression_imports.get_suppression_import_errors": (
        404,
        frozenset({""}),
        "the file of the example has no wrong rows",
    ),
    "api_v1.merges.merge_company": (404, frozenset({""}), "the other company of the example is none"),
    "console.jobs.errors": (404, ALL, "this work has no errors"),
    "console.jobs.start_again": (403, frozenset({"editor", "viewer"}), "the permission of the work itself decides"),
    "operator.failures.retry_delivery": (404, frozenset({"operator"}), "no delivery of this tenant has failed"),
    "operator.work.send_again": (404, frozenset({"operator"}), "no job was cut off"),
    "operator.support.open_workspace": (404, frozenset({"operator"}), "this grant is not in the operators' index"),
}
"""What an endpoint may answer to roles that may reach it, besides going well, and why."""


@dataclass
class House:
    """The application over transactions that are taken back, with two furnished tenants."""

    app: Application
    joined: Any
    form: dict[str, str] = field(default_factory=dict)

    def rules(self, *who: str) -> list[Rule]:
        """Routes of surfaces for these, in a fixed order."""
        rules = [rule for rule in self.app.url_map.iter_rules() if policy()[rule.endpoint].surface.who in who]
        return sorted(rules, key=lambda rule: (rule.endpoint, rule.rule))

    def ask(self, person: Person, rule: Rule, method: str, path: list[Any], **options: Any) -> TestResponse:
        """One request whose writing is undone."""
        surface = policy()[rule.endpoint].surface
        if method != "GET" and "data" not in options:
            options |= {"json": JSON.get(rule.endpoint, {})} if surface.who == "key" else {"data": dict(self.form)}
        elif surface.who == "staff":
            options.setdefault("query_string", {"at": self.form.get("at", "")})
        headers = {**person.headers, **({"X-CSRFToken": person.csrf()} if person.role else {})}
        address = person.address(rule.endpoint, *path)
        with self.undone(), _same_cookies(person):
            return person.client.open(
                address,
                method=method,
                base_url=f"http://{person.host}",
                headers=headers,
                buffered=True,  # what is streamed is read and ended while it can be undone
                **options,
            )

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Takes back what is written inside; the joined connection is in one transaction anyway."""
        shared = {id(each): each for each in (self.joined.shared("default"), self.joined.shared("control"))}
        with ExitStack() as stack:
            for each in shared.values():
                each.driver.execute("SAVEPOINT matrix")
                stack.callback(_back, each, each.scope)
            yield


@contextmanager
def _same_cookies(person: Person) -> Iterator[None]:
    kept = dict(person.client._cookies or {})
    yield
    person.client._cookies = kept


def _back(shared: Any, scope: Any) -> None:
    shared.driver.execute("ROLLBACK TO SAVEPOINT matrix")
    shared.driver.execute("RELEASE SAVEPOINT matrix")
    shared.enter(scope)


@pytest.fixture
def house(joined, services) -> House:
    from tests.support.apps import app_over

    return House(asks_beside(app_over(joined), services), joined.db)


@contextmanager
def furnished(house: House, ref, member_id=None) -> Iterator[Tenant]:
    """A tenant as its owner or the member given meets it."""
    from tenants.models import StaffMember

    with house.app.services.db.tenant_session(ref) as session:
        me = (
            session.get_one(StaffMember, member_id)
            if member_id
            else (staff.owner_of(session) or add_member(session, "owner"))
        )
        yield Tenant(house.app.services, ref, session, me)


def account_of(house: House, ref, person_id: Any) -> Any:
    """An account at a provider that signs a customer in."""

    def make() -> Any:
        with furnished(house, ref) as tenant:
            return examples.identity(tenant, person_id)

    return Context().run(make)


def everything(house: House, ref, rules: list[Rule], member_id=None, known=None) -> dict[str, list[Any]]:
    """The values of every rule's address at a tenant, as an owner or the member given meets it."""

    def make() -> dict[str, list[Any]]:
        with furnished(house, ref, member_id) as tenant:
            if not house.form:
                house.form = form_of(tenant)
            return {rule.endpoint: path_of(rule, tenant, known) for rule in rules}

    return Context().run(make)


def test_every_name_in_an_address_has_an_example(house):
    assert not missing([*house.rules("staff", "key", "operator", "visitor", "anyone", "guest", "portal")])


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reaches_what_it_may_and_nothing_else_at_home_and_nothing_of_others(house, acme, globex, role):
    person, rules = Person(house.app, role=role).at(acme), house.rules("staff")
    own = everything(house, acme, rules, member_id=person.member_id)
    theirs, wrong = everything(house, globex, rules), []
    for rule in rules:
        held = role in PERMISSIONS[policy()[rule.endpoint].permission]
        for method in methods_of(rule):
            answer = house.ask(person, rule, method, own[rule.endpoint])
            if not (_goes_well(rule, answer, role) if held else answer.status_code == 403):
                wrong.append((method, rule.rule, "own", held, answer.status))
            if rule.arguments - {"name"}:
                answer = house.ask(person, rule, method, theirs[rule.endpoint])
                if answer.status_code != (404 if held else 403):
                    wrong.append((method, rule.rule, "another tenant's", held, answer.status))
    assert not wrong, _table(wrong)


def test_signed_out_or_signed_in_elsewhere_every_page_leads_to_the_door(house, acme, globex):
    rules, wrong = house.rules("staff"), []
    own = everything(house, acme, rules)
    stranger = Person(house.app, role="owner").at(globex)
    stranger.host = stranger.host.replace(globex.slug, acme.slug, 1)
    cookie = stranger.client.get_cookie("rapport", domain=f"{globex.slug}.localhost")
    assert cookie is not None
    stranger.client.set_cookie("rapport", cookie.value, domain=stranger.host.partition(":")[0])
    for person in (Person(house.app).at(acme), stranger):
        for rule in rules:
            for method in methods_of(rule):
                answer = house.ask(person, rule, method, own[rule.endpoint])
                kept = answer.status_code == 401 and "/console/sign-in" in answer.text  # words that nobody loses
                if not kept and (answer.status_code != 303 or not _leads_to_the_door(answer)):
                    wrong.append((method, rule.rule, person.role or "nobody", "", answer.status))
    assert not wrong, _table(wrong)


def test_a_page_that_writes_is_refused_without_its_forms_token(house, acme):
    rules, wrong = house.rules("staff", "visitor", "operator", "guest"), []
    owner, olga = Person(house.app, role="owner").at(acme), as_operator(house.app)
    own = everything(house, acme, rules, member_id=owner.member_id)
    owner.role = olga.role = None  # they send no token
    for rule in rules:
        person = owner if policy()[rule.endpoint].surface.host == "tenant" else olga
        for method in set(methods_of(rule)) - {"GET"}:
            answer = house.ask(person, rule, method, own[rule.endpoint])
            if answer.status_code != 400:
                wrong.append((method, rule.rule, "no token", "", answer.status))
    assert not wrong, _table(wrong)


def test_what_belongs_to_one_kind_of_host_is_not_on_the_other(house, acme):
    visitor, wrong = Person(house.app), []
    rules = house.rules("staff", "key", "operator", "visitor", "anyone", "guest", "portal")
    own = everything(house, acme, rules)
    platform = visitor.host
    for rule in rules:
        host = policy()[rule.endpoint].surface.host
        if host == "any" or rule.rule == "/":
            continue
        visitor.host = platform if host == "tenant" else f"{acme.slug}.{platform}"
        for method in methods_of(rule):
            answer = house.ask(visitor, rule, method, own[rule.endpoint])
            if answer.status_code != 404:
                wrong.append((method, rule.rule, visitor.host, "", answer.status))
    assert not wrong, _table(wrong)


def test_what_is_open_never_asks_anybody_to_sign_in_and_never_breaks(house, acme):
    visitor, wrong = Person(house.app), []
    rules, platform = house.rules("visitor", "anyone", "guest"), visitor.host
    own = everything(house, acme, rules)
    for rule in rules:
        visitor.host = platform if policy()[rule.endpoint].surface.host != "tenant" else f"{acme.slug}.{platform}"
        for method in methods_of(rule):
            answer = house.ask(visitor, rule, method, own[rule.endpoint])
            if rule.endpoint.startswith("hooks.") and answer.status_code == 403:
                continue  # nobody has signed what was sent
            if answer.status_code in (401, 403, 405) or (
                answer.status_code >= 500 and rule.endpoint != "health.ready"
            ):
                wrong.append((method, rule.rule, visitor.host, "", answer.status))
    assert not wrong, _table(wrong)


def test_operators_reach_their_pages_and_nobody_else_does(house, acme):
    rules, wrong = house.rules("operator"), []
    with house.app.services.db.control_session() as control:
        known = {name: make(control, house.app.services, acme) for name, make in examples.IN_CONTROL.items()}
    own = everything(house, acme, rules, known=known)
    olga, owner = as_operator(house.app), Person(house.app, role="owner").at(acme)
    owner.host = olga.host
    for rule in rules:
        for method in methods_of(rule):
            for person in (olga, owner, Person(house.app)):
                answer = house.ask(person, rule, method, own[rule.endpoint])
                fine = _goes_well(rule, answer, "operator") if person is olga else answer.status_code in (303, 400)
                if not fine or (
                    person is not olga and answer.status_code == 303 and not _leads_to_the_door(answer)
                ):
                    wrong.append((method, rule.rule, person.role or "nobody", "", answer.status))
    assert not wrong, _table(wrong)


def test_a_customer_reaches_their_own_pages_and_no_others_and_is_nobody_elsewhere(house, acme, globex):
    eva, wrong = as_customer(house.app, acme), []
    nobody, stranger = Person(house.app).at(acme), as_customer(house.app, globex)
    stranger.client.set_cookie("rapport-portal", stranger.place_token, domain=eva.host.partition(":")[0])
    stranger.host, owner = eva.host, Person(house.app, role="owner").at(acme)
    rules = house.rules("portal")
    mine = {"place_id": eva.place_id, "identity_id": account_of(house, acme, eva.customer_id)}
    own = everything(house, acme, rules, known=mine)
    others = everything(house, acme, rules, known={"place_id": stranger.place_id, "provider_id": new_id()})
    for rule in rules:
        for method in methods_of(rule):
            for person in (eva, nobody, stranger, owner):
                answer = house.ask(person, rule, method, own[rule.endpoint])
                out = answer.status_code == 303 and "/portal/sign-in" in answer.location
                leaving = rule.endpoint in ("portal.sign_out", "portal.mail_proof")  # to the door on purpose
                if not (_goes_well(rule, answer) or (out and leaving) if person is eva else out):
                    wrong.append((method, rule.rule, person.host, person is eva, answer.status))
            others_own = rule.arguments - {"part_code"}
            if others_own and house.ask(eva, rule, method, others[rule.endpoint]).status_code != 404:
                wrong.append((method, rule.rule, "another's", "", ""))
    eva.role = None  # sends no token
    for rule in rules:
        for method in set(methods_of(rule)) - {"GET"}:
            answer = house.ask(eva, rule, method, own[rule.endpoint])
            if answer.status_code != 400:
                wrong.append((method, rule.rule, "no token", "", answer.status))
    console = house.rules("staff")
    pages = everything(house, acme, console)
    for rule in console:
        answer = house.ask(eva, rule, methods_of(rule)[0], pages[rule.endpoint])
        if answer.status_code != 401 and "/console/sign-in" not in (answer.location or ""):
            wrong.append((rule.rule, "a customer", "", "", answer.status))
    assert not wrong, _table(wrong)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_with_one_scope_reaches_exactly_what_needs_it(house, acme, globex, scope):
    rules, wrong = house.rules("key"), []
    program = Person(house.app, scopes=(scope,)).at(acme)
    own, theirs = everything(house, acme, rules), everything(house, globex, rules)
    for rule in rules:
        held = policy()[rule.endpoint].permission == scope
        for method in methods_of(rule):
            answer = house.ask(program, rule, method, own[rule.endpoint])
            if not (_goes_well(rule, answer) if held else answer.status_code == 403):
                wrong.append((method, rule.rule, scope, held, answer.status))
            if rule.arguments:
                answer = house.ask(program, rule, method, theirs[rule.endpoint])
                if answer.status_code != (404 if held else 403):
                    wrong.append((method, rule.rule, "another tenant's", held, answer.status))
    assert not wrong, _table(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_a_key_that_somebody_made_with_all_they_may_give_does_what_their_role_may(house, acme, role):
    rules, wrong = house.rules("key"), []
    program = Person(house.app, scopes=tuple(scope for scope in SCOPES if scope in of_role(role))).at(acme)
    own = everything(house, acme, rules)
    for rule in rules:
        held = role in PERMISSIONS[policy()[rule.endpoint].permission]
        for method in methods_of(rule):
            answer = house.ask(program, rule, method, own[rule.endpoint])
            if not (_goes_well(rule, answer) if held else answer.status_code == 403):
                wrong.append((method, rule.rule, role, held, answer.status))
    assert not wrong, _table(wrong)


def test_without_a_key_of_this_tenant_the_api_answers_401_everywhere(house, acme, globex):
    rules, wrong = house.rules("key"), []
    own = everything(house, acme, rules)
    foreign = Person(house.app, scopes=SCOPES).at(globex)
    foreign.host = foreign.host.replace(globex.slug, acme.slug, 1)
    for person in (Person(house.app).at(acme), Person(house.app, role="owner").at(acme), foreign):
        house.app.services.queues.connection.flushdb()  # one network may ask so much in a minute
        for rule in rules:
            for method in methods_of(rule):
                answer = house.ask(person, rule, method, own[rule.endpoint])
                if answer.status_code != 401:
                    wrong.append((method, rule.rule, person.role or "nobody", "", answer.status))
    assert not wrong, _table(wrong)


def _goes_well(rule: Rule, answer: TestResponse, role: str = "") -> bool:
    """Neither refused nor broken: done, shown, sent elsewhere, or told what is wrong with what was sent."""
    status, roles, _ = EXCUSED.get(rule.endpoint, (0, ALL, ""))
    if answer.status_code == status and role in roles:
        return True
    return answer.status_code not in REFUSED and answer.status_code < 500 and not _leads_to_the_door(answer)


def _leads_to_the_door(answer: TestResponse) -> bool:
    return any(door in answer.headers.get("Location", "") for door in SIGN_IN)


def _table(wrong: list[tuple[Any, ...]]) -> str:
    return f"{len(wrong)} answers are not what the policy says:\n" + "\n".join(
        "  " + "  ".join(str(part) for part in row) for row in wrong
    )
