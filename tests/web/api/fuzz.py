"""`make fuzz`: made-up requests, other ones each time, for FUZZ_SECONDS; the number of a round repeats it.

Each round goes through every operation with the keys of every role and of one scope after the other.
"""

import os
import random
import time

import pytest

from tenants.permissions import ROLES, SCOPES, of_role
from tests.web.api.made_up import MODES, Maker, with_scopes

SECONDS = float(os.environ.get("FUZZ_SECONDS", "600"))
FIRST = int(os.environ.get("FUZZ_ROUND", "0")) or random.SystemRandom().randrange(1, 2**31)
"""A round's number; `FUZZ_ROUND=<number>` begins with one that failed."""
EXAMPLES = 20


@pytest.mark.timeout(0)
def test_nothing_that_is_made_up_breaks_the_api(program, joined):
    sets = [SCOPES, *(tuple(s for s in SCOPES if s in of_role(role)) for role in ROLES), *((s,) for s in SCOPES)]
    maker, ends, number, sent = Maker(program), time.monotonic() + SECONDS, FIRST, 0
    while time.monotonic() < ends:
        keyed = with_scopes(program, *sets[number % len(sets)])
        maker.furnish()
        for operation_id in maker.operations():
            for mode in MODES:
                print(f"FUZZ_ROUND={number} {operation_id} {mode}", flush=True)  # shown when it fails
                maker.send(keyed, operation_id, mode, examples=EXAMPLES, number=number)
                joined.queues.connection.flushdb()  # else the limit of a key is reached
                sent += EXAMPLES
            if time.monotonic() > ends:
                break
        number += 1
    print(f"{sent} requests from round {FIRST} on")
