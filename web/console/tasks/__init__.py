"""Tasks as the staff works on them: the list, one task, how long it took to be in contact."""

from web.console.tasks import ending, listing, making, one
from web.console.tasks.blueprint import blueprint

__all__ = ["blueprint", "ending", "listing", "making", "one"]
