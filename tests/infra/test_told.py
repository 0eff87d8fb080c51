"""A process that is told to stop stops, whatever it was doing at that moment."""

import signal
import subprocess
import sys
import threading
import time

import pytest

from infra.told import Told

OFTEN = """
import signal
from infra.told import Told
told, heard = Told(), 0
def hear(*_):
    global heard
    heard += 1
    told.set()
signal.signal(signal.SIGALRM, hear)
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
while heard < 3000:
    told = Told()
    for _ in range(20):
        told.wait(0)
        told.set()
print("heard")
"""
"""Signals that arrive everywhere inside `wait` and `set`; an Event in the place of Told does not outlive this."""
WAITING = """
import signal
from infra.told import Told
told = Told()
signal.signal(signal.SIGTERM, lambda *_: told.set())
print("ready", flush=True)
assert told.wait(30)
"""


def python(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)


@pytest.mark.timeout(60)
def test_a_signal_in_the_middle_of_waiting_is_heard():
    with python(OFTEN) as process:
        try:
            assert process.communicate(timeout=40)[0] == b"heard\n"
        finally:
            process.kill()


@pytest.mark.timeout(60)
def test_who_waits_without_looking_is_woken_by_a_signal():
    with python(WAITING) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_everybody_who_waits_hears_it():
    told = Told()
    heard: list[bool] = []
    waiting = [threading.Thread(target=lambda: heard.append(told.wait(20))) for _ in range(3)]
    for thread in waiting:
        thread.start()
    told.set()
    for thread in waiting:
        thread.join()
    assert heard == [True, True, True]
    assert told.is_set()
    assert told.wait(0)


def test_waiting_ends_by_itself():
    began = time.monotonic()
    assert not Told().wait(0.05)
    assert time.monotonic() - began >= 0.04
