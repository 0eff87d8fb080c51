"""Domains that a workspace's mail to its customers comes from: the DKIM key it signs with, and the records in DNS.

Not the domains that its pages are found at: those are `tenants.domains`.
"""
