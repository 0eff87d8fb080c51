"""Against misuse of what tenants can do: who may sign up, what a young workspace may write, what visitors report.

Rules that need nothing but the text are in `infra.link_rules`; how they are applied to a survey is the surveys' own
(`surveys.link_checks`). What is reported stands in the control plane (`reports`), out of the tenant's reach, and is
decided by operators.
"""
