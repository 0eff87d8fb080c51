"""The embedded stack of `make run` and the tests: PostgreSQL, Valkey, S3 and a mailbox as child processes.

Nothing in here runs in production: the composition roots read their settings and connect, and only
`python -m infra.local` and the tests start servers.
"""
