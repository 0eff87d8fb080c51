"""Results through the API: right figures with their number and interval."""

import pytest


def results(program, survey, **query):
    return program.call("GET", "results.get_results", survey["id"], query_string=query)


def test_the_score_is_right_the_moment_the_answers_are_confirmed(program):
    survey = program.live_survey()
    for score in (10, 10, 9, 8, 3):
        program.answer(survey, score)
    found = results(program, survey)
    assert found["responses"] == 5
    assert found["headlines"] == {"nps": "q_score", "csat": None, "ces": None}
    nps = found["questions"][0]
    assert nps["camps"] == {"promoters": 3, "passives": 1, "detractors": 1}
    assert (nps["score"]["value"], nps["score"]["n"]) == (40.0, 5)
    assert -100 <= nps["score"]["low"] < 40 < nps["score"]["high"] <= 100
    by_code = {one["code"]: one for one in nps["counts"]}
    assert (by_code["10"]["count"], by_code["10"]["share"]["value"], by_code["10"]["share"]["n"]) == (2, 40.0, 5)
    assert by_code["0"]["count"] == 0
    reason = found["questions"][1]
    assert (reason["answered"], reason["score"], reason["counts"]) == (1, None, [])


def test_a_correction_moves_the_score_and_a_part_does_not_count(program):
    survey = program.live_survey()
    key = "0192f0d8-9e21-7b0c-b1f2-77c1de40a9d2"
    program.answer(survey, 0, submission_key=key)
    program.answer(survey, 10, submission_key=key, revision=2)
    program.answer(survey, 5, finished=False)
    nps = results(program, survey)["questions"][0]
    assert nps["camps"] == {"promoters": 1, "passives": 0, "detractors": 0}


def test_the_trend_has_weeks_or_months_and_every_step_its_interval(program):
    survey = program.live_survey()
    for score in (10, 2):
        program.answer(survey, score)
    months, weeks = results(program, survey), results(program, survey, period="week")
    assert (months["period"], weeks["period"]) == ("month", "week")
    assert months["trend"][0]["start"].endswith("-01")
    assert weeks["trend"][0]["responses"] == 2
    (point,) = weeks["questions"][0]["trend"]
    assert point["score"]["value"] == 0.0
    assert point["score"]["n"] == 2
    assert point["change"] is None


def test_results_are_filtered_by_period_and_language(program):
    survey = program.live_survey()
    program.answer(survey, 10)
    program.answer(survey, 0, language="de")
    assert results(program, survey, language="de")["questions"][0]["score"]["value"] == -100.0
    assert results(program, survey, **{"from": "2020-01-01", "to": "2099-01-01"})["responses"] == 2
    nobody = results(program, survey, to="2020-01-01")
    assert nobody["responses"] == 0
    assert nobody["questions"][0]["score"] == {"value": None, "low": None, "high": None, "n": 0}


@pytest.mark.parametrize(
    "query", ["period=day", "from=x", "from=2026-03-02&to=2026-03-01", "language=%00", "limit=5", "from=2026-13-01"]
)
def test_odd_filters_are_a_422(program, query):
    survey = program.survey()
    assert program.call("GET", "results.get_results", survey["id"], query_string=query, expect=422)["errors"]


def test_a_draft_has_results_of_nobody(program):
    found = results(program, program.survey())
    assert found["responses"] == 0
    assert found["trend"] == []
