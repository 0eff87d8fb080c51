"""The customer pages at `/portal`: signing in without a password, what the tenant offers, and one's own data."""

from web.portal import home, language, places
from web.portal.blueprint import blueprint

__all__ = ["blueprint", "home", "language", "places"]
