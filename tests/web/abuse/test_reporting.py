"""Reporting a page as a visitor: without cookie and script, once, and not without end."""

import pytest
from bs4 import BeautifulSoup

from infra.limits import Limit
from tenants.abuse import reports
from tests.web.abuse.story import all_reports, from_address, open_form, send
from tests.web.story import Person, text_of
from web.public import reports as report_pages


def test_every_public_page_leads_to_the_report(guest, survey):
    for path in (f"/s/{survey.address}", f"/s/{survey.address}/thanks"):
        link = BeautifulSoup(guest.get(path).text, "html.parser").select_one(".report a")
        assert link["href"] == f"/report?about=/s/{survey.address}"
    page = guest.get("/report")
    assert BeautifulSoup(page.text, "html.parser").select_one(".report a") is None


def test_the_preview_in_the_console_has_no_such_link(as_staff, acme, survey):
    page = as_staff("editor").at(acme).get("console.surveys.preview", survey)
    assert "/report" not in page.text


def test_a_visitor_reports_a_page_without_cookie_and_script(guest, survey, joined, acme):
    page = open_form(guest, survey)
    assert "Set-Cookie" not in page.headers
    assert "<script" not in page.text
    assert len(page.data) < 6000
    sent = send(guest, page, words="It asks for my\ncard number.", email=" eve@visitor.example ")
    assert "arrived" in text_of(back := guest.get(sent.location))
    assert f'href="/s/{survey.address}"' in back.text
    (row,) = all_reports(joined)
    assert (row.tenant_id, row.survey_id, row.path) == (acme.id, survey.id, f"/s/{survey.address}")
    with joined.db.control_session() as session:
        shown = reports.show(session, joined.keys, row.id)
    assert shown.words == "It asks for my\ncard number."
    assert joined.keys.platform.decrypt(row.email) == "eve@visitor.example"


def test_the_same_form_sent_twice_is_one_report(guest, survey, joined):
    page = open_form(guest, survey)
    send(guest, page)
    send(guest, page, words="again")
    assert len(all_reports(joined)) == 1


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(guest, joined):
    page = send(guest, open_form(guest), reason="", words="Because <b>", email="not an address", expect=422)
    words = text_of(page)
    assert "Choose what is wrong" in words
    assert "such as ann@example.org" in words
    assert "Because &lt;b&gt;" in page.text
    assert 'value="not an address"' in page.text
    again = send(guest, page, words="Because <b>", email="")
    assert again.status_code == 303
    assert len(all_reports(joined)) == 1


def test_a_token_of_another_tenant_or_none_is_refused(guest, app, globex, joined):
    page = open_form(Person(app).at(globex))
    send(guest, page, expect=422)
    guest.post("/report", data={"reason": "spam"}, expect=422)
    guest.post("/report", data={"reason": "spam", "_token": "x.y"}, expect=422)
    assert all_reports(joined) == []


def test_too_many_reports_of_a_page_from_one_network_wait_and_keep_what_was_typed(guest, monkeypatch):
    monkeypatch.setattr(report_pages, "PAGE", Limit(1, 3600))
    send(guest, open_form(guest))
    page = send(guest, open_form(guest), words="One more", expect=429)
    assert "60 minutes" in text_of(page)
    assert "One more" in page.text
    assert 'value="phishing" checked' in page.text


def test_a_network_that_spent_its_reports_of_one_page_reports_another(guest, survey, monkeypatch):
    monkeypatch.setattr(report_pages, "PAGE", Limit(1, 3600))
    send(guest, open_form(guest))
    send(guest, open_form(guest), expect=429)
    send(guest, open_form(guest, survey))


def test_a_network_that_reports_everything_everywhere_waits(guest, app, globex, survey, monkeypatch):
    monkeypatch.setattr(report_pages, "EACH", Limit(2, 3600))
    other = Person(app).at(globex)
    send(guest, open_form(guest))
    send(other, open_form(other))
    send(guest, open_form(guest, survey), expect=429)


def test_nobody_silences_what_others_report_about_a_workspace(guest, joined, monkeypatch):
    for number in range(250):
        from_address(guest, open_form(guest), f"198.51.{number % 5}.{number}", 303)
    from_address(guest, open_form(guest), "192.0.2.99", 303)
    assert len(all_reports(joined)) == 251


def test_when_all_networks_together_have_reported_too_much_a_first_report_still_passes(guest, monkeypatch):
    monkeypatch.setattr(report_pages, "EVERYBODY", Limit(1, 3600))
    for expect in (303, 303, 429):
        from_address(guest, open_form(guest), "192.0.2.1", expect)
    from_address(guest, open_form(guest), "192.0.2.2", 303)
    from_address(guest, open_form(guest), "192.0.2.2", 429)


@pytest.mark.parametrize(
    "about", ["//evil.example", "/console/", "/s/../x", "javascript:1", "/s/" + "a" * 300, "/s/a b"]
)
def test_only_pages_of_this_host_can_be_reported(guest, joined, about):
    page = guest.get("/report", query_string={"about": about})
    send(guest, page)
    (row,) = all_reports(joined)
    assert (row.path, row.survey_id) == ("/", None)
