"""Every models module, so that the metadata is whole."""

import surveys.models

import infra.events.models
import infra.jobs.models
import infra.mail.models
import tenants.models

__all__ = ["infra", "surveys", "tenants"]
