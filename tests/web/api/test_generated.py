"""Requests made up from the description: none ends in a 500, none in an answer that is not described.

`make fuzz` goes on with other requests for as long as one likes (`tests/web/api/fuzz.py`).
"""

import pytest

from tenants.permissions import ROLES, SCOPES, of_role
from tests.web.api.made_up import MODES, Maker, with_scopes
from tests.web.api.test_description import OPERATIONS

EXAMPLES = 12
"""Of each mode for each operation, with a key that may do all."""
FEW = 2
"""The same with the key of a role, or of one scope."""
NOTHING_DONE = {403, 404, 405}
"""Routing refuses odd addresses before anybody asks for a key."""


def _scopes_of(role):
    return tuple(scope for scope in SCOPES if scope in of_role(role))


BY_SCOPES: dict[tuple[str, ...], list[str]] = {}
"""Roles whose keys may do the same, together."""
for _role in ROLES:
    BY_SCOPES.setdefault(_scopes_of(_role), []).append(_role)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_what_is_made_up_from_the_description_is_answered_as_described(program, operation_id, mode):
    Maker(program).send(program, operation_id, mode, examples=EXAMPLES)


@pytest.mark.parametrize("roles", list(BY_SCOPES.values()), ids="-".join)
def test_a_key_of_every_roles_scopes_is_answered_as_described(program, roles):
    _send_all(program, _scopes_of(roles[0]))


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_of_each_scope_alone_is_answered_as_described(program, scope):
    _send_all(program, (scope,))


def _send_all(program, scopes):
    """Every operation: where the key lacks the scope nothing is done, whatever is sent; elsewhere no 403."""
    maker, keyed = Maker(program), with_scopes(program, *scopes)
    for operation_id in maker.operations():
        held = maker.scope_of(operation_id) in scopes

        def look(answer, held=held, operation_id=operation_id):
            told = f"{operation_id}: {answer.status_code}"
            assert answer.status_code != 403 if held else answer.status_code in NOTHING_DONE, told

        for mode in MODES if held else ("negative",):
            maker.send(keyed, operation_id, mode, examples=FEW if held else 1, look=look)
