"""What can go wrong with segments, each with a stable code."""

from infra.errors import Conflict, Invalid, NotFound
from infra.i18n import N_


class SegmentNotFound(NotFound):
    """No such segment in this tenant."""

    code = "segment_not_found"
    message = N_("There is no such segment.")


class RuleInvalid(Invalid):
    """The rule cannot be used; `problems` by JSON pointer into it."""

    code = "rule_invalid"
    message = N_("This rule has conditions that cannot be used.")


class SegmentInvalid(Invalid):
    """The segment cannot be kept like this; `problems` by field, those of its rule below `/rule`."""

    code = "segment_invalid"
    message = N_("The segment cannot be saved like this.")


class SegmentNameTaken(Conflict):
    """Another segment in use has this name."""

    code = "segment_name_taken"
    message = N_("Another segment already has this name.")
    field = "name"


class SegmentChanged(Conflict):
    """Somebody else changed the segment since it was read."""

    code = "segment_changed"
    message = N_(
        "Somebody else has changed this segment in the meantime. What you set is kept; look at it once more."
    )


class SegmentIsFrozen(Conflict):
    """Who is in a frozen segment does not change."""

    code = "segment_frozen"
    message = N_("This segment is frozen: who is in it does not change.")


class SegmentFilling(Conflict):
    """The people of a frozen segment are still being written down."""

    code = "segment_filling"
    message = N_("The segment “%(name)s” is still being filled. Try again in a moment.")


class SegmentBroken(Conflict):
    """A rule asks for something that is no longer there; nobody is selected by half a rule."""

    code = "segment_broken"
    message = N_("A condition of the segment asks for something that is no longer there. Change its rule first.")


class SegmentInUse(Conflict):
    """Something else goes by this segment; `used_by` names it."""

    code = "segment_in_use"
    message = N_("This segment is in use: %(used_by)s. Take it out there first.")


class TooManySegments(Conflict):
    """The limit of segments is reached."""

    code = "too_many_segments"
    message = N_("There are %(most)s segments already, which is as many as there can be. Delete one first.")
