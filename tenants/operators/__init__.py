"""The people who run Rapport itself: their accounts, what they look after, and their record.

They live in the control plane and are nobody's staff. What they need to know of tenants is collected into small
tables by the sweeper, so that no page visits three thousand schemas. Into a tenant's console they get only through
a grant that the tenant gave (`tenants.support_access`).
"""
