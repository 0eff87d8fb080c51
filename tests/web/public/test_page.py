"""The page: languages, withdrawal, outages, weight."""

import gzip
import re
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session
from werkzeug.datastructures import Headers

from infra.db import TenantRef, fast
from infra.errors import Unavailable
from surveys import publishing, surveys
from surveys.models import Survey
from tests.surveys.making import document, everything, question
from tests.web.public.respondent import Respondent
from web.application import Application
from web.public.surveys.live import KEPT, Published


class Watch:
    """A clock that stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch(app: Application) -> Watch:
    made = Watch()
    app.extensions["rapport.published"] = Published(app.services.db, made)
    return made


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """`outage()`: from now on PostgreSQL does not answer the fast path."""

    def away(*_: object) -> None:
        raise Unavailable

    return lambda: monkeypatch.setattr(fast, "once", away)


def test_the_page_speaks_the_browsers_language_unless_another_is_asked_for(
    respondent: Respondent, survey: Survey
) -> None:
    assert "score (de)" in respondent.open(survey.address, language="fr;q=0.4, de-AT, en;q=0.8").text
    assert "score (de)" not in respondent.open(survey.address, language="fr").text
    assert "score (de)" in respondent.open(survey.address, language="en", query_string={"lang": "de"}).text
    assert respondent.soup.html
    assert respondent.soup.html["lang"] == "de"


def test_the_page_may_stand_in_a_frame_and_sets_no_cookie(respondent: Respondent, survey: Survey) -> None:
    page = respondent.open(survey.address).page
    assert page is not None
    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    assert "Set-Cookie" not in page.headers
    assert "no-store" not in page.headers["Cache-Control"]


def test_everything_that_the_page_loads_is_under_30_kb(respondent: Respondent, survey: Survey) -> None:
    page = respondent.open(survey.address).page
    assert page is not None
    tags = respondent.soup.select("link[rel=stylesheet], link[rel=modulepreload], script")
    loaded = [tag.get("href") or tag.get("src") for tag in tags]
    total = len(page.data)
    for path in loaded:
        with respondent.client.get(str(path), base_url=respondent.host) as answer:
            total += len(answer.data)
    assert len(loaded) == 4
    assert total < 30_000


def test_each_page_is_a_submission_of_its_own(respondent: Respondent, survey: Survey) -> None:
    first = respondent.open(survey.address).fields()["_token"]
    assert respondent.open(survey.address).fields()["_token"] != first


def test_an_unknown_address_a_draft_and_another_tenants_survey_are_not_there(
    app: Application, respondent: Respondent, session: Session, survey: Survey, globex: TenantRef
) -> None:
    draft = surveys.create_from_document(session, "Draft", everything(), zone="UTC")
    for address in ("nothing", draft.address, "a%00b", "%F0%9F%98%80", "x" * 500, "..%2F", "a b"):
        respondent.open(address, expect=404)
    Respondent(app, globex).open(survey.address, expect=404)


def test_a_withdrawn_survey_says_so_within_two_seconds(
    watch: Watch, respondent: Respondent, session: Session, survey: Survey
) -> None:
    respondent.open(survey.address)
    publishing.withdraw(session, survey)
    session.flush()
    watch.now += 1.5
    assert "closed" in respondent.open(survey.address, expect=410).text
    publishing.publish(session, survey)
    watch.now += 1.5
    respondent.open(survey.address)


def test_a_page_that_was_seen_asks_the_database_once_a_second_and_survives_an_outage(
    watch: Watch, outage: Callable[[], None], respondent: Respondent, survey: Survey
) -> None:
    respondent.open(survey.address)
    outage()
    respondent.open(survey.address)
    watch.now += KEPT - 10
    respondent.open(survey.address)
    watch.now += 20
    respondent.open(survey.address, expect=503)


def test_a_page_that_was_never_seen_says_kindly_that_it_is_not_available_now(
    outage: Callable[[], None], respondent: Respondent, survey: Survey
) -> None:
    outage()
    page = respondent.open(survey.address, expect=503).page
    assert page is not None
    assert page.headers["Retry-After"]
    assert "does not answer at the moment" in respondent.text


def test_an_authors_text_cannot_become_markup(respondent: Respondent, session: Session) -> None:
    words = "</legend><script>alert(1)</script> [our terms](https://acme.example/x) [no](javascript:alert(1))"
    hostile = question("evil", "nps") | {"text": {"en": words, "de": words}}
    made = surveys.create_from_document(session, "Evil", document([hostile]), zone="UTC")
    publishing.publish(session, made)
    soup = respondent.open(made.address).soup
    assert [script.get("src", "")[:15] for script in soup.find_all("script")] == ["/static/survey/"]
    assert [str(link["href"]) for link in soup.select("legend a")] == ["https://acme.example/x"]


def test_right_to_left_languages_are_written_so(respondent: Respondent, session: Session) -> None:
    ask = question("score", "nps") | {"text": {"ar": "ما رأيك؟"}}
    arabic = document([ask]) | {"languages": ["ar"], "default_language": "ar"}
    made = surveys.create_from_document(session, "Arabic", arabic, zone="UTC")
    publishing.publish(session, made)
    html = respondent.open(made.address, language="ar").soup.html
    assert html
    assert html["dir"] == "rtl"


def test_whoever_reads_gzip_gets_the_same_page_and_files_in_fewer_bytes(
    respondent: Respondent, survey: Survey
) -> None:
    def fetch(path: str, encoding: str, **headers: str) -> tuple[int, Headers, bytes]:
        asked = {"Accept-Encoding": encoding, "Accept-Language": "en", **headers}
        with respondent.client.get(path, base_url=respondent.host, headers=asked) as answer:
            return answer.status_code, answer.headers, answer.data

    _, plain_headers, plain = fetch(f"/s/{survey.address}", "gzip;q=0")
    _, headers, squeezed = fetch(f"/s/{survey.address}", "br, gzip")

    unpacked = gzip.decompress(squeezed)
    token = re.compile(rb'name="_token" value="[^"]+"')
    assert "Content-Encoding" not in plain_headers
    assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Language, Accept-Encoding")
    assert token.sub(b"", unpacked) == token.sub(b"", plain)
    assert len(token.findall(unpacked)) == 1
    script = str(BeautifulSoup(unpacked, "html.parser").select("script")[0]["src"])
    _, headers, less = fetch(script, "gzip")
    assert gzip.decompress(less) == fetch(script, "identity")[2]
    assert len(less) < len(gzip.decompress(less)) / 2
    assert fetch(script, "gzip", **{"If-None-Match": headers["ETag"]})[0] == 304
