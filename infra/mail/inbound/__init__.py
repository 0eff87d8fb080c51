"""Mail that comes in: an SMTP receiver that keeps before it says 250, and a reader that trusts nothing it reads.

What is kept, for whom, and what becomes of it is not known here: `receiver.Mailroom` is asked, and the composition
root (`inbound.py`) says who that is.
"""
