"""The customer pages at `/portal`: signing in without a password, what the tenant offers, and one's own data.

`entry` is the gate and is imported by `web.auth`, `door` the pages before it, `pages` all that are behind it.
"""
