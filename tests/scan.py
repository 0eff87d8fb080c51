"""`python -m tests.scan`: no secret in what is committed, no dependency with a known vulnerability.

Secrets: every tracked file is searched (detect-secrets); what looks like one and is none stands in
`.secrets.baseline`, which `--accept` writes anew and a reviewer reads. Dependencies: pip-audit asks PyPI's
advisories about the locked versions; without a way there it says so and passes, because a build must not fail for
being offline.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[1]
BASELINE = ".secrets.baseline"
LOCKED = ("requirements/product.txt", "requirements/dev.txt", "requirements/tools.txt")
NOT_SEARCHED = r"requirements/.*\.txt|.*\.(po|webp|png|bin)|web/static/vendor/.*"
_ONLY_LINES_MOVED = 3
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


def secrets() -> list[str]:
    """What looks like a secret in tracked files and was not accepted."""
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


def vulnerabilities() -> list[str]:
    """Advisories that name a locked version."""
    files = [option for name in LOCKED for option in ("-r", name)]
    ignored = [option for advisory in ACCEPTED for option in ("--ignore-vuln", advisory)]
    command = [_tool("pip-audit"), *files, *ignored, "--disable-pip", "--require-hashes", "--format", "json"]
    command += ["--progress-spinner", "off", "--timeout", "5"]
    try:
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
        seen = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        seen = []
    if not any("vulns" in each for each in seen):
        print("No advisories can be reached: the locked versions were not compared with them.", file=sys.stderr)
        return []
    return [
        f"{each['name']} {each['version']}: {flaw['id']}, mended in {' '.join(flaw['fix_versions']) or 'none'}"
        for each in seen
        for flaw in each.get("vulns", ())
    ]


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


if __name__ == "__main__":
    sys.exit(main())
