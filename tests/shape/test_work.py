"""Every job has a queue that is worked, every mail its writer, every event a name of its own."""

import ast
import importlib
import subprocess
import sys

import pytest

from infra.events import DomainEvent
from infra.jobs import declared
from infra.jobs.queues import QUEUES
from infra.render import environment
from tests.shape.conftest import ROOT, sources, templates

worker = importlib.import_module("worker")
schedule = importlib.import_module("schedule")


def test_every_job_goes_to_a_queue_that_workers_take_from():
    specs = list(declared._declared.values())
    assert specs
    assert {spec.queue for spec in specs} <= set(QUEUES)


def test_the_worker_knows_every_job_and_every_kind_of_long_work():
    """What stands in a module that the worker never imports would fail there as unknown. It is asked in a process
    of its own: in this one the pages, which the worker does not have, import much besides."""
    asked = [sys.executable, "-c", "import sys, worker; print(*sys.modules)"]
    known = set(subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    declaring = {path.removesuffix(".py").replace("/", ".") for path, tree in sources() if _declares_work(tree)}
    assert len(declaring) > 30
    assert declaring <= known


def test_every_mail_that_is_asked_for_has_its_writer():
    asked = {(path, purpose) for path, tree in sources() for purpose in _purposes(path, tree)}
    assert len(asked) >= 3
    written = set(worker.PURPOSES)
    assert not {(path, purpose) for path, purpose in asked if purpose not in written}


def test_every_mail_is_written_in_text_and_html():
    letters = {path for path, _ in templates() if "/templates/mail/" in path and "layout" not in path}
    for path in letters:
        if path.endswith(".html") and not path.endswith("parts.html"):
            assert path.removesuffix(".html") + ".txt" in letters
    for path in letters:
        package, _, rest = path.partition("/templates/")
        environment().get_template(f"{package}/{rest}")


def test_every_kind_of_event_is_told_by_one_class():
    events = {
        (each.kind, each.__module__, each.__name__) for each in _all_events(DomainEvent) if "kind" in vars(each)
    }
    assert len({kind for kind, _, _ in events}) == len(events)


@pytest.mark.parametrize("entry", schedule.TABLE, ids=lambda entry: entry.job.__name__)
def test_what_runs_by_the_clock_is_a_declared_job(entry):
    assert declared.spec_of(entry.job)


def _declares_work(tree):
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return any(_is_work(decorator) for function in functions for decorator in function.decorator_list)


def _is_work(decorator):
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    return getattr(call, "id", getattr(call, "attr", "")) in ("job", "declare_job", "kind")


def _purposes(path, tree):
    """The second argument of `outbox.send(session, PURPOSE, …)`, by its value."""
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "send"):
            continue
        if getattr(call.func.value, "id", "") == "outbox" and len(call.args) > 1:
            purpose = call.args[1]
            if isinstance(purpose, ast.Constant):
                yield purpose.value
            elif (
                isinstance(purpose, ast.Name) and purpose.id.isupper()
            ):  # a parameter's value is seen at its caller
                yield getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), purpose.id)


def _all_events(base):
    for event in base.__subclasses__():
        yield event
        yield from _all_events(event)
