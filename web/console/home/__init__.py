"""Home: how our customers feel now, what needs me today, what changed; the first steps, and the help page."""

from web.console.home import guide, low_answers, page
from web.console.home.blueprint import blueprint

__all__ = ["blueprint", "guide", "low_answers", "page"]
