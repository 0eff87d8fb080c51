"""The `rapport` command without a process of its own, which costs seconds each time."""

from click.testing import CliRunner


def run_command(*words: str, typed: str = "", **settings: str) -> tuple[int, str]:
    """Its exit code, and everything it said. What it did not foresee is raised."""
    from web.cli import main

    done = CliRunner().invoke(main, words, input=typed, env=settings, prog_name="rapport")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output
