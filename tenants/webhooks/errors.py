"""What can go wrong with webhooks, with stable codes."""

from infra.errors import Conflict, Invalid, NotFound, TooMany
from infra.i18n import N_


class WebhookNotFound(NotFound):
    """There is no such endpoint in this workspace."""

    code = "webhook_not_found"
    message = N_("There is no such webhook.")


class DeliveryNotFound(NotFound):
    """The endpoint was never owed this event, or its row is older than what is kept."""

    code = "webhook_delivery_not_found"
    message = N_("There is no such delivery. Deliveries are kept for 30 days.")


class TooManyWebhooks(Invalid):
    """A workspace has a number of endpoints that one page shows."""

    code = "too_many_webhooks"
    message = N_("There are %(most)s webhooks already, which is as many as a workspace can have. Delete one first.")


class WebhookNotActive(Conflict):
    """What is sent again needs somebody to send it to."""

    code = "webhook_not_active"
    message = N_("This webhook is paused or turned off. Resume it first.")


class StillOnItsWay(Conflict):
    """The delivery has not ended yet."""

    code = "webhook_delivery_waiting"
    message = N_("This delivery is still on its way. It will be tried again by itself.")


class TooManyTests(TooMany):
    """Test events are few: they are for a person who looks."""

    code = "too_many_webhook_tests"
    message = N_("Several test events are still on their way. Wait until they have ended.")
