"""Domains through the pages: adding, checking, leading there, removing; certificates; forged hosts."""

import re
from collections.abc import Iterator
from contextvars import Context
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import select

from infra.limits import Limit
from tenants import directory
from tenants.domains import records
from tenants.models import AuditEntry, Domain, Host
from tests.support.nameserver import Nameserver
from tests.web.story import Person, text_of
from web import create_app
from web.platform import certificates

TARGET = "edge.rapport.test"


@pytest.fixture(scope="module")
def server() -> Iterator[Nameserver]:
    running = Nameserver()
    running.set(TARGET, "A", "192.0.2.80")
    yield running
    running.stop()


@pytest.fixture
def app(joined, server, monkeypatch):
    server.silent = server.refusing = False
    monkeypatch.setattr(directory, "CHECK_EVERY", 0.0)
    settings = replace(joined.settings, nameservers=server.setting, domain_target=TARGET)
    return create_app(replace(joined, settings=settings))


@pytest.fixture
def host() -> str:
    return f"feedback.{uuid4().hex[:10]}.example"


@pytest.fixture
def owner(app, acme):
    return Person(app, role="owner").at(acme)


@pytest.fixture
def live(owner, server, host, session):
    """A domain of acme's that is proved and leads here."""
    return make_live(owner, server, host, session)


def make_live(owner, server, host, session):
    owner.post("console.settings.add_domain", data={"host": host})
    domain = session.scalars(select(Domain).where(Domain.host == host)).one()
    server.set_text(f"_rapport-challenge.{host}", records.proof(domain.token))
    server.set(host, "CNAME", TARGET + ".")
    owner.post("console.settings.check_domain", domain)
    return domain


def on(app, host, path="/", method="GET", **options):
    """A request by somebody without a cookie, whatever the Host header says."""
    headers = {"Host": host, **options.pop("headers", {})}
    return Context().run(app.test_client().open, path, method=method, headers=headers, **options)


def test_a_domain_is_added_its_records_are_shown_and_checked(owner, server, host, session):
    assert "No domain of your own yet" in text_of(owner.get("console.settings.domains"))
    added = owner.post("console.settings.add_domain", data={"host": f" HTTPS://{host}/ "})
    page = owner.get(added.location)
    domain = session.scalars(select(Domain)).one()
    for value in (f"_rapport-challenge.{host}", records.proof(domain.token), TARGET):
        assert f'data-copy="{value}"' in page.text
        assert f'value="{value}"' in page.text, "it can be copied by hand too"
    assert text_of(page).count("Not checked yet") == 3

    owner.post("console.settings.check_domain", domain)
    assert text_of(owner.get("console.settings.domain", domain)).count("Not found yet") == 2
    server.set(host, "CNAME", "shops.example.")
    owner.post("console.settings.check_domain", domain)
    assert "Points elsewhere shops.example" in text_of(owner.get("console.settings.domain", domain))

    make = {"text": records.proof(domain.token)}
    server.set_text(f"_rapport-challenge.{host}", make["text"])
    server.set(host, "CNAME", TARGET + ".")
    owner.post("console.settings.check_domain", domain)
    page = text_of(owner.get("console.settings.domain", domain))
    assert "Both records are there" in page
    assert "In use" in page
    assert [e.action for e in session.scalars(select(AuditEntry).where(AuditEntry.subject_id == domain.id))] == [
        "domain.added",
        "domain.verified",
    ]


def test_a_name_in_other_letters_is_shown_as_it_is_written(owner, session):
    label = "bücher-" + uuid4().hex[:6]
    owner.post("console.settings.add_domain", data={"host": f"{label}.example"})
    page = owner.get("console.settings.domains")
    assert f"{label}.example" in page.text
    assert session.scalars(select(Domain.host)).one().startswith("xn--")


def test_a_refused_domain_keeps_what_was_typed_and_says_why(owner):
    page = owner.post("console.settings.add_domain", data={"host": "192.0.2.1"}, expect=422)
    assert 'value="192.0.2.1"' in page.text
    assert "network address" in text_of(page)
    page = owner.post("console.settings.add_domain", data={"host": "globex.localhost"}, expect=422)
    assert "cannot be reached" in text_of(page)


def test_the_domain_serves_the_workspace_and_nobody_elses_host_does(app, live, host, acme):
    assert on(app, host, "/console/sign-in").status_code == 200
    assert on(app, host.upper() + ":8443", "/console/sign-in").status_code == 200
    assert on(app, "other." + host, "/console/sign-in").status_code == 404
    assert on(app, host.removeprefix("feedback."), "/console/sign-in").status_code == 404


def test_pages_lead_to_the_main_domain_and_forms_and_programs_stay(app, live, owner, host, with_key, acme):
    slug_host = owner.host
    assert on(app, slug_host, "/console/sign-in").status_code == 200
    owner.post("console.settings.lead_to_domain", live)

    led = on(app, slug_host, "/s/hello%20there/x?lang=de&x=%2F")
    assert led.status_code == 404, "what is not there leads nowhere"
    led = on(app, slug_host, "/s/hello-there?lang=de&x=%2F")
    assert led.status_code == 308
    assert (
        led.location == f"http://{host}:8000/s/hello-there?lang=de&x=%2F"
        or led.location == f"http://{host}/s/hello-there?lang=de&x=%2F"
    )
    assert led.headers["Cache-Control"] == "no-store"
    assert on(app, slug_host, "/console/sign-in", "HEAD").status_code == 308
    assert on(app, host, "/console/sign-in").status_code == 200

    assert on(app, slug_host, "/s/hello-there?answer", "POST").status_code != 308
    assert on(app, slug_host, "/brand.css").status_code == 200
    assert on(app, slug_host, "/healthz").status_code == 200
    assert on(app, slug_host, "/api/v1/openapi.json").status_code == 200
    program = Person(app, scopes=("surveys.read",)).at(acme)
    program.get("api_v1.surveys.list_surveys")
    assert on(app, slug_host, "/console/", headers={"HX-Request": "true"}).status_code != 308

    owner.post("console.settings.stay_at_subdomain", live)
    assert on(app, slug_host, "/console/sign-in").status_code == 200


def test_whoever_is_signed_in_at_the_subdomain_can_mend_a_domain_that_broke(app, live, owner, host, acme):
    owner.post("console.settings.lead_to_domain", live)
    owner.get("console.settings.domains")
    stranger = on(app, owner.host, "/console/settings/domains?stay=yes")
    assert stranger.status_code == 303
    assert stranger.location.startswith("/console/sign-in")
    assert on(app, owner.host, stranger.location).status_code == 200


def test_another_tenant_is_not_led_anywhere(app, live, owner, globex):
    owner.post("console.settings.lead_to_domain", live)
    assert on(app, f"{globex.slug}.localhost", "/console/sign-in").status_code == 200


def test_removing_says_what_is_lost_and_ends_the_domain(app, live, owner, host, session, joined):
    page = text_of(owner.get("console.settings.domain_removal", live))
    assert "lead nowhere at once" in page
    owner.post("console.settings.give_up_domain", live)
    assert on(app, host, "/console/sign-in").status_code == 404
    owner.get("console.settings.domain", live, expect=404)
    with joined.db.control_session() as control:
        assert control.get(Host, host) is None


@pytest.mark.parametrize("role", ["editor", "analyst", "viewer"])
def test_who_may_not_manage_domains_does_not_reach_them(app, acme, role):
    person = Person(app, role=role).at(acme)
    person.get("console.settings.domains", expect=403)
    person.post("console.settings.add_domain", data={"host": "a.example.com"}, expect=403)


def test_a_domain_of_another_tenant_is_not_there(app, live, globex):
    other = Person(app, role="owner").at(globex)
    other.get("console.settings.domain", live, expect=404)
    other.post("console.settings.check_domain", live, expect=404)
    other.post("console.settings.give_up_domain", live, expect=404)
    assert live.host not in other.get("console.settings.domains").text


def test_checks_are_counted(app, owner, live, monkeypatch):
    monkeypatch.setattr("web.console.settings.domains.CHECKS", Limit(1, 600))
    app.services.queues.connection.flushdb()
    owner.post("console.settings.check_domain", live)
    page = owner.post("console.settings.check_domain", live, expect=429)
    assert "wait a moment" in text_of(page)


def test_a_slow_name_server_is_an_answer_and_not_an_error(owner, live, server):
    server.refusing = True
    owner.post("console.settings.check_domain", live)
    page = text_of(owner.get("console.settings.domain", live))
    assert "The name servers did not answer" in page
    assert "Records are gone" in page


def test_nothing_is_promised_about_names_below_a_tenants_own_domain(app, live, host, acme):
    secure = create_app(
        replace(app.services, settings=replace(app.services.settings, base_url="https://localhost"))
    )
    header = "Strict-Transport-Security"
    assert on(secure, host, "/console/sign-in").headers[header] == "max-age=63072000"
    assert "includeSubDomains" in on(secure, f"{acme.slug}.localhost", "/console/sign-in").headers[header]


# Certificates


def allowed(app, name, host="127.0.0.1:8000"):
    return on(app, host, "/certificates/allowed", query_string={"domain": name}).status_code


def test_certificates_are_for_what_is_served_and_nothing_else(app, live, host, acme):
    for asked_at in ("127.0.0.1:8000", "localhost", "acme.localhost"):
        assert allowed(app, host, asked_at) == 200
    assert allowed(app, host.upper() + ".") == 200
    assert allowed(app, "localhost") == 200
    assert allowed(app, f"{acme.slug}.localhost") == 200
    assert allowed(app, "nobody.localhost") == 404
    assert allowed(app, "x." + host) == 404
    assert allowed(app, "nobody.example.org") == 404


@pytest.mark.parametrize(
    "name", ["", "x", "*.example.org", "a b.example", "a.example/../x", "ä.example", "a" * 300, "a..example"]
)
def test_what_is_no_name_gets_no_certificate(app, name):
    assert allowed(app, name) == 400


def test_a_claim_that_was_not_proved_gets_no_certificate(app, owner, host):
    owner.post("console.settings.add_domain", data={"host": host})
    assert allowed(app, host) == 404


def test_a_flood_of_unknown_names_does_not_keep_known_ones_from_their_certificates(app, live, host, monkeypatch):
    monkeypatch.setattr(certificates, "UNKNOWN", Limit(3, 60))
    monkeypatch.setattr(directory, "CHECK_EVERY", 60.0)
    app.services.queues.connection.flushdb()
    answers = [allowed(app, f"random-{number}.example.org") for number in range(5)]
    assert answers == [404, 404, 404, 429, 429]
    assert not app.directory.is_cached(host)
    assert allowed(app, host) == 200, "also one that no process has heard of yet"
    assert allowed(app, host) == 200
    assert allowed(app, "random-0.example.org") == 404, "and those that were asked for cost nothing more"


# Forged hosts


@pytest.mark.parametrize(
    "forged",
    [
        "evil.example",
        "acme.localhost.evil.example",
        "evilacme.localhost",
        "localhost@evil.example",
        "acme.localhost/x",
        "acme..localhost",
        "",
        "a" * 300,
    ],
)
def test_a_forged_host_finds_nobody(app, forged):
    assert on(app, forged, "/console/sign-in").status_code in (400, 404)


def test_headers_of_proxies_are_believed_only_as_far_as_the_setting_says(app, joined, acme, live, host):
    forged = {"X-Forwarded-Host": host, "X-Forwarded-Proto": "https", "X-Forwarded-For": "6.6.6.6"}
    assert on(app, "nobody.example", "/console/sign-in", headers=forged).status_code == 404
    behind = create_app(replace(app.services, settings=replace(app.services.settings, proxies=1)))
    assert on(behind, "10.0.0.1:8000", "/console/sign-in", headers=forged).status_code == 200
    twice = {**forged, "X-Forwarded-Host": f"nobody.example, {host}"}
    assert on(behind, "10.0.0.1", "/console/sign-in", headers=twice).status_code == 200, "the nearest proxy's word"
    twice = {**forged, "X-Forwarded-Host": f"{host}, nobody.example"}
    assert on(behind, "10.0.0.1", "/console/sign-in", headers=twice).status_code == 404


def test_no_answer_repeats_a_forged_host(app, live, host):
    for headers in (
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "host=evil.example"},
        {"X-Host": "evil.example"},
    ):
        answer = on(app, host, "/", headers=headers)
        assert "evil" not in answer.text + str(answer.headers)
        assert not re.search("evil", answer.headers.get("Location", ""))
