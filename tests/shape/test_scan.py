"""The scan of `make check` finds what it is for, and does not pass when it breaks."""

import json

from tests import scan

KNOWN = {"name": "flask", "version": "0.5", "vulns": [{"id": "PYSEC-2018-66", "fix_versions": ["0.12.3"]}]}


def test_a_planted_secret_is_found(tmp_path):
    planted = tmp_path / "settings.py"
    planted.write_text("AWS_KEY = 'AKIA" + "Q3EGXUZ7RV4L2KWM'\n")
    [line] = scan.secrets([str(planted)])
    assert f"{planted}:1" in line
    assert "AWS" in line


def test_a_locked_version_with_an_advisory_is_named():
    said = json.dumps({"dependencies": [KNOWN, {"name": "uv", "version": "1", "vulns": []}]})
    assert scan.judged(said, "") == ["flask 0.5: PYSEC-2018-66, mended in 0.12.3"]


def test_being_offline_passes_and_says_so(capsys):
    assert scan.judged("", "requests.exceptions.ConnectionError: Max retries exceeded") == []
    mirrored = {"name": "flask", "skip_reason": "Dependency not found on PyPI and could not be audited: flask (3)"}
    assert scan.judged(json.dumps({"dependencies": [mirrored]}), "") == []
    assert capsys.readouterr().err.count("No advisories can be reached") == 2


def test_a_scan_that_breaks_is_a_finding():
    [missing] = scan.vulnerabilities(["requirements/not-there.txt"])
    assert "not-there.txt" in missing
    for said in ("", "[]", '{"dependencies": []}', '{"dependencies": [{"name": "flask"}]}', "{}"):
        assert scan.judged(said, "Traceback: something else"), said
