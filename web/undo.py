"""What was just done, said with a way back: `offer(N_("The survey is archived."), url_for(".restore", …))`.

The next page shows the sentence and a button "Undo" that posts to the address.
"""

from flask import flash

UNDO = "undo"


def offer(message: str, action: str) -> None:
    """Puts the sentence and the address of the way back on the next page."""
    flash({"message": message, "action": action}, UNDO)  # type: ignore[arg-type]
