"""The pages of a tenant's staff."""
