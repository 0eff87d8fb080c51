"""What other services tell us by HTTP: no session, no cookie; each proves itself by a signature of its own."""

from web.hooks.ses import blueprint

__all__ = ["blueprint"]
