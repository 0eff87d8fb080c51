"""`python -m tests.scan`: no secret in what is committed, no dependency with a known vulnerability.

Secrets: every tracked file is searched (detect-secrets); what looks like one and is none stands in
`.secrets.baseline`, which `--accept` writes anew and a reviewer reads. Dependencies: pip-audit asks PyPI's
advisories about the locked versions; without a way there it says so and passes, because a build must not fail for
being offline. A scan that breaks in any other way is a finding.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[1]
BASELINE = ".secrets.baseline"
LOCKED = ("requirements/product.txt", "requirements/dev.txt", "requirements/tools.txt")
NOT_SEARCHED = r"\.secrets\.baseline|requirements/.*\.txt|.*\.(po|webp|png|bin)|web/static/vendor/.*"
_ONLY_LINES_MOVED = 3
_OFFLINE = re.compile(r"ConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|Name or service|timed out")
"""How pip-audit says that nobody answers."""
ACCEPTED: dict[str, str] = {}
"""Advisory id to why it does not touch us; each is looked at again with every release."""


def main() -> int:
    """Answers 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.scan", description=__doc__)
    parser.add_argument("--accept", action="store_true", help="what is found now is no secret: write the baseline")
    if parser.parse_args().accept:
        write_baseline()
        return 0
    found = [*secrets(), *vulnerabilities()]
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


def write_baseline() -> None:
    """Everything that looks like a secret now is accepted."""
    arguments = ["scan", "--exclude-files", NOT_SEARCHED]
    done = subprocess.run([_tool("detect-secrets"), *arguments], cwd=PROJECT, capture_output=True, check=True)
    (PROJECT / BASELINE).write_bytes(done.stdout)


def secrets(names: Sequence[str] = ()) -> list[str]:
    """What looks like a secret and was not accepted, in the files named, else in all tracked ones."""
    if not names:
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=False)
        names = [name for name in tracked.stdout.decode().split("\0") if name and (PROJECT / name).is_file()]
    if not names:
        return ["No tracked files were found: is this a git clone?"]
    with tempfile.TemporaryDirectory() as folder:  # the tool keeps line numbers in its baseline up to date
        copy = Path(folder) / BASELINE
        copy.write_bytes((PROJECT / BASELINE).read_bytes())
        command = [_tool("detect-secrets-hook"), "--baseline", str(copy), "--exclude-files", NOT_SEARCHED, "--json"]
        done = subprocess.run([*command, *names], cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode in (0, _ONLY_LINES_MOVED):
        return []
    try:
        results = json.loads(done.stdout)["results"]
    except (ValueError, KeyError):
        return [f"The search for secrets broke: {(done.stderr or done.stdout).strip()[-500:]}"]
    return [
        f"{name}:{each['line_number']}: looks like a secret ({each['type']})"
        for name, hits in results.items()
        for each in hits
    ]


def vulnerabilities(locked: Sequence[str] = LOCKED) -> list[str]:
    """Advisories that name a locked version."""
    files = [option for name in locked for option in ("-r", name)]
    ignored = [option for advisory in ACCEPTED for option in ("--ignore-vuln", advisory)]
    command = [_tool("pip-audit"), *files, *ignored, "--disable-pip", "--require-hashes", "--format", "json"]
    command += ["--progress-spinner", "off", "--timeout", "5"]
    try:
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return _unreached()
    return judged(done.stdout, done.stderr)


def judged(said: str, complained: str) -> list[str]:
    """What pip-audit's answer means: flaws, nothing, or that it could not look."""
    try:
        seen = json.loads(said)["dependencies"]
        looked_at = [each for each in seen if "vulns" in each]
        skipped = [each for each in seen if "not found on PyPI" in each.get("skip_reason", "")]
        if not seen or len(looked_at) + len(skipped) < len(seen):
            raise ValueError(said)
    except (ValueError, KeyError, TypeError):
        if _OFFLINE.search(complained):
            return _unreached()
        return [f"The comparison with advisories broke: {(complained or said).strip()[-500:]}"]
    if not looked_at:  # a mirror without PyPI's advisories answers "not found" for every package
        return _unreached()
    return [
        f"{each['name']} {each['version']}: {flaw['id']}, mended in {' '.join(flaw['fix_versions']) or 'none'}"
        for each in looked_at
        for flaw in each["vulns"]
    ]


def _unreached() -> list[str]:
    print("No advisories can be reached: the locked versions were not compared with them.", file=sys.stderr)
    return []


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


if __name__ == "__main__":
    sys.exit(main())
