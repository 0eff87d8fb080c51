"""The people: who our tenants' customers are, what was agreed with them, and the one door to their mailbox.

A person has an identity (name, addresses) under a key of their own, attributes that the tenant declares, a company,
consents and preferences. Other domains hold a person's id and nothing else of them; they react to events from here
and write to people only through `customers.contact`. Staff are not here (`tenants.staff`).
"""
