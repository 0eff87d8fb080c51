"""The mail engine: an outbox whose rows say who and what by id, purposes that render them, and the sender.

`outbox.send` writes a row in the caller's transaction; `sender.send_batch` renders and sends what is due.
Mail to a customer enters through `customers.contact` only; staff and platform mail enters here directly.
"""
