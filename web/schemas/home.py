"""What the pages around Home take."""

from web.schemas.fields import Several
from web.schemas.surveys import Query


class LooksForm(Query):
    """The ids of the answers that the page showed."""

    ids = Several()
