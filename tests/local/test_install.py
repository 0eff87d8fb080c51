"""What is missing for `make run` is one sentence that says what to do."""

import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = ("bash", "dirname", "df", "tail", "rm", "touch")


@pytest.fixture
def clone(tmp_path: Path, project: Path) -> Path:
    """The installer in a folder of its own, on a machine that has nothing but TOOLS."""
    (tmp_path / "infra" / "local").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    shutil.copy(project / "infra" / "local" / "install.sh", tmp_path / "infra" / "local")
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def install(clone: Path, python: str) -> tuple[int, str]:
    """Runs the installer with a `python3` that behaves as the script says."""
    stub = clone / "bin" / "python3"
    stub.write_text(f"#!{clone / 'bin' / 'bash'}\n{python}\n")
    stub.chmod(0o755)
    done = subprocess.run(
        [str(clone / "bin" / "bash"), "infra/local/install.sh", "product"],
        cwd=clone,
        env={"PATH": str(clone / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr.strip()


def test_an_old_python_is_named(clone: Path) -> None:
    code, said = install(clone, '[ "$1" = --version ] && echo Python 3.9.2; exit 1')
    assert code == 1
    assert said.startswith("Rapport needs Python 3.11 or newer, found Python 3.9.2: sudo apt-get install python3")


def test_a_missing_venv_module_is_named(clone: Path) -> None:
    code, said = install(clone, '[[ "$2" == *version_info* ]]')
    assert (code, said) == (1, "Python's venv module is missing: sudo apt-get install python3-venv")


def test_every_lock_has_hashes_and_no_index(project: Path) -> None:
    for name in ("product", "dev", "tools"):
        text = (project / "requirements" / f"{name}.txt").read_text()
        pinned = [line for line in text.splitlines() if line and line[0].isalnum()]
        assert pinned
        assert all(line.endswith("\\") for line in pinned)
        assert text.count("--hash=sha256:") >= len(pinned)
        assert "://" not in text
