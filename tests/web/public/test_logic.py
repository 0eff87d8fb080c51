"""What follows from answers on the pages: endings, places in texts, hidden fields, orders; without JavaScript."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.db import TenantRef
from surveys import publishing, surveys
from surveys.definition import parse
from surveys.logic import seed_of
from surveys.logic.order import arranged
from surveys.models import Response
from tests.surveys.logic_making import spoken, whole
from tests.surveys.making import document, on, question, text
from tests.web.public.respondent import Respondent
from tests.web.public.test_steps import in_sight
from web.application import Application

Publish = Callable[[dict[str, Any]], str]


@pytest.fixture
def publish(session: Session) -> Publish:
    """Publishes a definition and says its address."""

    def publish(source: dict[str, Any]) -> str:
        made = surveys.create_from_document(session, "Logic", source, zone="UTC")
        publishing.publish(session, made)
        return made.address

    return publish


@pytest.fixture
def somebody(app: Application, acme: TenantRef) -> Respondent:
    return Respondent(app, acme)


def stored(session: Session) -> list[Response]:
    session.expire_all()
    return list(session.scalars(select(Response)))


def said(respondent: Respondent, where: str) -> str:
    """The words at a place of the page."""
    found = respondent.soup.select_one(where)
    assert found is not None
    return found.text.strip()


def options(respondent: Respondent, name: str) -> list[str]:
    return [str(field["value"]) for field in respondent.soup.select(f"[name=q_{name}]")]


def test_who_is_screened_out_reads_the_words_of_that_ending(
    somebody: Respondent, publish: Publish, session: Session
) -> None:
    somebody.open(publish(whole()))

    somebody.send(go="next", age0="young", name="Ada", expect=200)

    assert said(somebody, ".words") == "Thank you, friend"
    assert [response.answers for response in stored(session)] == [{"q_age0": "young"}]


def test_an_ending_without_places_is_a_page_that_can_be_reloaded(
    somebody: Respondent, publish: Publish, app: Application
) -> None:
    jumping = question("aaaa", "nps", jumps=[{"to": "e_low0", "when": on("aaaa", "at_most", 6)}])
    ending = {"id": "e_low0", "title": text("Sorry"), "text": text("We will call"), "button": text("Home")}
    address = publish(document([jumping], endings=[{**ending, "url": "https://example.org/", "redirect": True}]))

    somebody.open(address).send(go="next", aaaa="3")

    assert somebody.page is not None
    thanks = somebody.page.headers["Location"]
    assert thanks.endswith("/thanks?lang=en&ending=e_low0")
    page = somebody.client.get(thanks, base_url=somebody.host)
    assert "Sorry" in page.text
    assert 'href="https://example.org/"' in page.text
    assert page.headers["Refresh"] == "0;url=https://example.org/"
    assert "Sorry" not in somebody.client.get(thanks.replace("e_low0", "e_gone"), base_url=somebody.host).text


def test_what_is_filled_into_an_address_cannot_become_another_part_of_it(
    somebody: Respondent, publish: Publish
) -> None:
    jumping = spoken("name", "short_text", "Who?", jumps=[{"to": "e_next0"}])
    ending = {
        "id": "e_next0",
        "text": text("Bye"),
        "url": "https://example.org/?n={{q_name}}&plan={{hidden.plan|none}}",
    }
    address = publish(document([jumping], endings=[ending], hidden=[{"code": "plan"}]))

    somebody.open(address).send(go="next", name='a&b="<c>/é', expect=200)

    link = somebody.soup.select_one("a.button")
    assert link is not None
    assert link["href"] == "https://example.org/?n=a%26b%3D%22%3Cc%3E%2F%C3%A9&plan=none"


def test_a_variable_is_said_on_the_last_page_and_sending_it_again_stores_nothing_new(
    somebody: Respondent, publish: Publish, session: Session
) -> None:
    total = {
        "id": "v_total",
        "code": "total",
        "terms": [{"add": {"type": "question", "id": "q_aaaa"}, "times": 1.5}],
    }
    address = publish(
        document([question("aaaa", "nps")], variables=[total], thanks=text("You have {{v_total}} points"))
    )
    somebody.open(address)
    again = somebody.fields()

    somebody.send(aaaa="7", expect=200)
    assert "You have 10.5 points" in somebody.text
    somebody.post(f"/s/{address}", {**again, "q_aaaa": "7", "_go": "send"}, expect=200)

    assert len(stored(session)) == 1


def test_what_somebody_wrote_stands_in_later_texts_as_words_only(somebody: Respondent, publish: Publish) -> None:
    asked = spoken("name", "short_text", "Who?")
    greeted = spoken("score", "nps", "Hello {{q_name|you}}, see [our {{q_name}}](https://example.org/)")
    somebody.open(publish(document([asked], [greeted])))
    evil = '<script>alert(1)</script> [x](https://evil.example) {{q_name}} "onload=x'

    somebody.send(go="next", name=evil, expect=200)

    shown = somebody.soup.select_one("#q_score .ask")
    assert shown is not None
    assert shown.text.startswith(f"Hello {evil}, see our {evil}")
    assert [link["href"] for link in shown.select("a")] == ["https://example.org/"]
    assert shown.select("script") == []


def test_what_a_link_brought_along_makes_no_link_on_the_last_page(somebody: Respondent, publish: Publish) -> None:
    address = publish(
        document([question("aaaa", "nps")], thanks=text("Bye {{hidden.who|you}}"), hidden=[{"code": "who"}])
    )
    evil = "[your account](https://evil.example)<b>"

    somebody.open(address, query_string={"who": evil}).send(aaaa="1", expect=200)

    assert f"Bye {evil}" in somebody.text
    assert "https://evil.example" not in [link.get("href") for link in somebody.soup.select("a")]


def test_words_beside_the_own_option_are_what_is_said(somebody: Respondent, publish: Publish) -> None:
    asked = question("best", "single_choice", options=["price", "taste"], other=text("else"))
    more = spoken("more", "long_text", "Why {{q_best}}?", show_if=on("best", "equals", "other"))
    somebody.open(publish(document([asked], [more])))

    somebody.send(go="next", best="other", change={"q_best.other": "the colour"}, expect=200)

    assert said(somebody, "#q_more .ask") == "Why the colour?"


def test_a_link_brings_along_what_the_survey_asks_for_and_the_language_keeps_it(
    somebody: Respondent, publish: Publish, session: Session
) -> None:
    asked = spoken("aaaa", "nps", "Your plan: {{hidden.plan|none}}")
    only_gold = question(
        "bbbb",
        "nps",
        show_if={
            "left": {"type": "hidden", "code": "plan"},
            "operator": "equals",
            "right": {"type": "constant", "value": "gold"},
        },
    )
    address = publish(document([asked, only_gold], hidden=[{"code": "plan", "values": ["gold", "basic"]}]))

    somebody.open(f"{address}?plan=gold&spent=5")
    assert "Your plan: gold" in somebody.text
    assert in_sight(somebody) == ["q_aaaa", "q_bbbb"]
    assert f"/s/{address}?lang=de&plan=gold" in [str(a["href"]) for a in somebody.soup.select("nav a")]
    somebody.send(go="next", aaaa="1", bbbb="2")
    assert stored(session)[0].answers == {"q_aaaa": 1, "q_bbbb": 2}
    somebody.open(f"{address}?plan=%3Cb%3E")
    assert "Your plan: none" in somebody.text
    assert in_sight(somebody) == ["q_aaaa"]


def test_an_answer_that_a_condition_requires_is_asked_for(somebody: Respondent, publish: Publish) -> None:
    asked = question("whyy", "long_text", require_if=on("aaaa", "at_most", 6))
    somebody.open(publish(document([question("aaaa", "nps"), asked])))

    somebody.send(aaaa="3", expect=422)

    assert somebody.problem_at("whyy") == "Please answer this question."
    somebody.send(aaaa="9")


def test_an_order_is_that_of_the_submission_on_every_page(
    somebody: Respondent, publish: Publish, session: Session
) -> None:
    codes = [f"c{n}" for n in range(8)]
    asked = question("pick", "single_choice", options=codes, other=text("else"), shuffle=True)
    source = document(
        [asked, question("must", "nps", required=True)],
        [question("bbbb", "nps")],
        [question("cccc", "nps")],
        shuffle=[["b_page1", "b_page2"]],
    )
    address = publish(source)
    somebody.open(address)
    seen = options(somebody, "pick")
    assert (sorted(seen[:-1]), seen[-1]) == (codes, "other")
    somebody.send(go="next", expect=422)
    assert options(somebody, "pick") == seen
    somebody.send(go="next", must="1", expect=200)
    second = in_sight(somebody)
    somebody.send(go="next", expect=200)
    assert {*second, *in_sight(somebody)} == {"q_bbbb", "q_cccc"}
    somebody.send(go="next")

    (response,) = stored(session)
    order = arranged(parse(source), seed_of(UUID(str(response.submission_key))))
    assert [option.code for option in order.blocks[0].questions[0].options] == seen[:-1]
    assert [question.id for question in order.blocks[1].questions] == second


def test_two_respondents_have_orders_of_their_own(somebody: Respondent, publish: Publish) -> None:
    asked = question("pick", "single_choice", options=[f"c{n}" for n in range(8)], shuffle=True)
    address = publish(document([asked]))

    assert len({tuple(options(somebody.open(address), "pick")) for _ in range(6)}) > 1
