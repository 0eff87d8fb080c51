"""Why two cannot be merged, or not be taken apart."""

from infra.errors import Conflict, Invalid
from infra.i18n import N_


class SamePerson(Invalid):
    """Somebody was to be merged with themselves."""

    code = "same_person"
    message = N_("This is one and the same customer already.")


class SameCompany(Invalid):
    """A company was to be merged with itself."""

    code = "same_company"
    message = N_("This is one and the same company already.")


class AlreadyMerged(Conflict):
    """One of the two was merged in the meantime, or later merges stand on this one."""

    code = "already_merged"
    message = N_("One of the two has been merged in the meantime. Look at how they stand now.")


class MergeOver(Conflict):
    """The time in which a merge can be taken back is over."""

    code = "merge_undo_over"
    message = N_("This merge can no longer be undone: its 30 days are over.")
