"""What programs outside may hear of what the tenant has decided. Ids and codes only."""

from customers.setting_events import AttributeChanged, ContactRulesChanged, TopicChanged, ViewChanged
from infra.i18n import N_
from tenants.webhooks.catalogue import SUBJECT, Field, telling

TOPIC_ID = "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2c01"
WORKSPACE_ID = "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2c02"
ATTRIBUTE_ID = "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2c03"
VIEW_ID = "0192f0c1-7a4e-7c3b-9d0a-3f1c5b8e2e01"

_of_topic = telling(Field("topic_id", "id", SUBJECT, "The topic.", TOPIC_ID))
_of_rules = telling(
    Field("workspace_id", "id", SUBJECT, "The workspace, which has one set of rules.", WORKSPACE_ID)
)
_of_attribute = telling(Field("attribute_id", "id", SUBJECT, "The attribute.", ATTRIBUTE_ID))
_of_view = telling(Field("view_id", "id", SUBJECT, "The view.", VIEW_ID))

EVENTS = (
    _of_topic(
        "topic.changed",
        TopicChanged,
        N_("A topic that customers can choose was added, renamed, archived or restored."),
        Field("code", "code", "code", "Its code.", "recipes"),
        Field("change", "code", "change", "`added`, `renamed`, `archived` or `restored`.", "added"),
    ),
    _of_rules(
        "rules.changed",
        ContactRulesChanged,
        N_("A part of the contact rules was changed."),
        Field("part", "code", "part", "`budget`, `quiet_hours`, `consent` or `soft_bounces`.", "budget"),
    ),
    _of_attribute(
        "attribute.changed",
        AttributeChanged,
        N_("An attribute of customers or companies was declared, changed, archived or restored."),
        Field("code", "code", "code", "Its code.", "tier"),
        Field("change", "code", "change", "`declared`, `changed`, `archived` or `restored`.", "declared"),
    ),
    _of_view(
        "view.changed",
        ViewChanged,
        N_("A list of customers that staff share was saved, changed or deleted."),
        Field("change", "code", "change", "`added`, `changed` or `deleted`.", "added"),
    ),
)
