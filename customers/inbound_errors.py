"""What may go wrong with mail that came in."""

from infra.errors import Conflict, NotFound
from infra.i18n import N_


class MailGone(NotFound):
    """No such mail, or no such file of it."""

    code = "inbound_mail_not_found"
    message = N_("There is no such mail.")


class MailNotOpen(Conflict):
    """Somebody has decided about it meanwhile, or it names no sender."""

    code = "inbound_mail_not_open"
    message = N_("This mail belongs to somebody already. Reload the page to see to whom.")
