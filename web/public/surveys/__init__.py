"""The respondent's page at `/s/<address>`: no login, no cookie, no database on the way to a page.

A page is rendered once per version, language and brand, and kept as bytes with one hole for the form token. What is
published at an address is asked again once a second, so that a withdrawal shows within two; without PostgreSQL
the page is served from what is known.

Without JavaScript a survey of one block without conditions is one page with one button. Any other is led block by
block: every page holds all inputs, those of other blocks hidden, so that each POST carries everything that was
answered and the server, which keeps no state, works out the next block. With JavaScript the same page does that by
itself. In both cases the last POST is checked in full by `surveys.answers`.
"""

from web.public.surveys.views import blueprint

__all__ = ["blueprint"]
