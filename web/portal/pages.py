"""All pages of a customer who is signed in, on one blueprint."""

from web.portal import again, correction, data, erasure, home, language, places, preferences
from web.portal.blueprint import blueprint

__all__ = ["again", "blueprint", "correction", "data", "erasure", "home", "language", "places", "preferences"]
