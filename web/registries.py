"""What several domains fill, in one list each."""

from surveys import owners
from tenants import owned

OWNED = (owners.SURVEYS,)
"""What staff own and hand over when they go."""


def compose() -> None:
    """Fills the registries of this process."""
    owned.configure(OWNED)
