"""The customer pages of a tenant: signing in without a password, what is offered there, and one's own data.

Not here: consent and preferences (`customers.preferences`), and erasure itself, which is a matter of keys; somebody
can ask for it here.
"""
