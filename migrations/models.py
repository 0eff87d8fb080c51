"""Every models module, so that the metadata is whole."""

import customers.models
import infra.events.models
import infra.long_jobs.models
import infra.mail.models
import surveys.models
import tenants.models
import tenants.models.support
import tenants.operators.models
import tenants.webhooks.models

__all__ = ["customers", "infra", "surveys", "tenants"]
