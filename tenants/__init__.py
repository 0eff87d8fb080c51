"""The businesses that use Rapport: where each lives, how its schema comes, changes and goes, who works there.

The control plane (`control` schema) only routes; a tenant's staff, keys, audit and settings live in its own schema.
It is not about the tenants' customers: those are `customers`.
"""
