"""A workspace at a domain of its own: claimed here, proved in DNS, served through `control.hosts`.

A claim is a row in the tenant (`claims`); two records in DNS prove it and lead customers here (`records`); who
serves a host is decided in the control plane alone, where a host has one row (`serving`). A check joins the three
in steps that can be taken up again (`checking`), by the clock (`jobs`) or when somebody asks. Not here:
certificates, which are the reverse proxy's, and finding the tenant of a request (`tenants.directory`).
"""
