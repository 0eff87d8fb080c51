"""What can be wrong with a file, each with a sentence for whoever sent it."""

from infra.errors import Conflict, Invalid, NotFound
from infra.i18n import N_


class ImportNotFound(NotFound):
    """No such import in this tenant."""

    code = "import_not_found"
    message = N_("There is no such import.")


class FileRefused(Invalid):
    """The file cannot be read; the sentence says why."""

    code = "import_file_refused"
    message = N_("This file cannot be read. Save it anew as CSV or XLSX and send it again.")


class FileDamaged(Invalid):
    """Somewhere below its head the file stops being a table."""

    code = "import_file_damaged"
    message = N_("The file is damaged: one of its rows cannot be read. Save it anew and send it again.")


class MappingInvalid(Invalid):
    """The columns cannot be understood like this; `problems` by column."""

    code = "import_mapping_invalid"
    message = N_("The columns cannot be imported like this.")


class ImportUnderWay(Conflict):
    """What was asked for does not go with how far the import is."""

    code = "import_under_way"
    message = N_("This import has gone on in the meantime. Look at how it stands now.")


class UndoOver(Conflict):
    """The time in which an import can be taken back is over."""

    code = "import_undo_over"
    message = N_("This import can no longer be undone: its 30 days are over.")
