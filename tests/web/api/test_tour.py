"""The tour in docs/api.md is walked: each curl command is sent as it stands there."""

import json
import re
import shlex
from urllib.parse import urlsplit

from tenants.models.access import PER_MINUTE
from tenants.permissions import SCOPES

SENT = {"@customers.csv": b"Number;Mail\nK-1;ann@example.org\n"}


def commands(project):
    """The curl commands of the page, in order, as lists of words."""
    text = (project / "docs" / "api.md").read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if block.startswith("curl")]


def walk(program, command, values):
    """Sends a command; returns status and body."""
    for name, value in values.items():
        command = command.replace(f"${name}", value)
    words = shlex.split(command.replace("\\\n", " "))[1:]
    method, headers, data, address = "GET", {}, None, ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            data = words.pop(0)
        elif word == "--data-binary":
            data = SENT[words.pop(0)]
        elif word != "-s":
            address = word
    path = urlsplit(address)
    assert path.netloc == "acme.localhost:8000"
    answer = program.client.open(
        f"{path.path}?{path.query}", method=method, headers=headers, data=data, base_url=f"http://{program.host}"
    )
    return answer.status_code, answer.get_json()


def test_the_tour_works_as_it_is_written(program, project):
    values = {
        "KEY": program.headers["Authorization"].removeprefix("Bearer "),
        "API": "http://acme.localhost:8000/api/v1",
    }
    statuses, body = [], {}
    for command in [
        each for block in commands(project) for each in re.split(r"^(?=curl)", block, flags=re.M) if each
    ]:
        status, told = walk(program, command, values)
        assert status < 300, (command, told)
        statuses.append(status)
        values.setdefault("SURVEY", told.get("id", ""))
        values["IMPORT"] = told.get("id", "")
        body = told if "score" in str(told.get("questions")) else body
    assert statuses == [201, 200, 201, 200, 201, 200, 200, 201, 202]
    assert body["questions"][0]["score"] == {"value": 100.0, "low": body["questions"][0]["score"]["low"],
                                             "high": 100.0, "n": 1}  # fmt: skip


def test_the_page_names_every_scope_and_the_limit(project):
    text = (project / "docs" / "api.md").read_text("utf-8")
    assert re.findall(r"^\| `([a-z.]+)` \|", text, re.MULTILINE) == sorted(
        SCOPES, key=lambda scope: text.index(f"| `{scope}` |")
    )
    assert f"{PER_MINUTE:,} requests" in text


def test_the_problem_on_the_page_is_the_one_that_comes(program, project):
    text = (project / "docs" / "api.md").read_text("utf-8")
    shown = json.loads(re.search(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL).group(1))
    question = {"id": "q_score", "type": "nps", "text": {"en": "?"}}
    definition = {"format": 1, "default_language": "en", "languages": ["en"]}
    definition["blocks"] = [{"id": "b_main", "questions": [question]}]
    body = {"name": "x", "definition": definition}
    assert program.call("POST", "surveys.create_survey", expect=422, json=body) == shown
