"""Without JavaScript: block by block, each page carrying everything."""

from collections.abc import Callable

from surveys.models import Response, Survey
from tests.web.public.respondent import Respondent

Stored = Callable[[], list[Response]]


def in_sight(respondent: Respondent) -> list[str]:
    """The questions that the page shows."""
    sections = [section for section in respondent.soup.select("[data-block]") if not section.has_attr("hidden")]
    assert len(sections) == 1
    return [str(q["id"]) for q in sections[0].select("[data-q]") if not q.has_attr("hidden")]


def test_a_respondent_is_led_along_the_path_to_one_response(
    respondent: Respondent, survey: Survey, stored: Stored
) -> None:
    respondent.open(survey.address)
    assert in_sight(respondent) == ["q_score", "q_happy", "q_easy"]
    respondent.send(go="next", score="9", expect=200)
    assert in_sight(respondent) == ["q_stars", "q_best", "q_seen"]
    respondent.send(go="next", best="taste", expect=200)
    assert in_sight(respondent) == ["q_note", "q_name", "q_okay"]
    assert "Send answers" in respondent.text
    respondent.send(go="next", name="Ada")
    (response,) = stored()
    assert (response.state, response.texts) == ("finished", {"q_name": "Ada"})
    assert response.answers == {"q_score": 9, "q_best": "taste", "q_okay": False}


def test_a_question_that_an_answer_brings_up_is_shown_before_going_on(
    respondent: Respondent, survey: Survey, stored: Stored
) -> None:
    respondent.open(survey.address).send(go="next", score="3", expect=200)
    assert in_sight(respondent) == ["q_score", "q_whyy", "q_happy", "q_easy"]
    assert respondent.problem_at("whyy") == ""
    respondent.send(go="next", expect=422)
    assert respondent.problem_at("whyy") == "Please answer this question."
    respondent.send(go="next", whyy="Too slow", expect=200)
    assert in_sight(respondent)[0] == "q_stars"


def test_a_jump_is_followed_and_going_back_keeps_the_answers(
    respondent: Respondent, survey: Survey, stored: Stored
) -> None:
    respondent.open(survey.address).send(go="next", score="9", expect=200)
    respondent.send(go="back", best="price", expect=200)
    assert in_sight(respondent)[0] == "q_score"
    assert respondent.fields()["q_score"] == ["9"]
    respondent.send(go="next", expect=200)
    respondent.send(go="next")
    assert stored()[0].answers == {"q_score": 9, "q_best": "price"}


def test_what_was_answered_on_the_way_is_kept_as_a_partial_response(
    respondent: Respondent, survey: Survey, stored: Stored
) -> None:
    respondent.open(survey.address).send(go="next", score="9", expect=200)
    assert [(r.state, r.answers) for r in stored()] == [("partial", {"q_score": 9})]
