"""`rapport doctor`: looks at everything this installation stands on and says what is wrong and what to do.

Nothing here changes anything but one file of its own in the file store, which it takes away again. Checks run side
by side, each with its own deadline, because the part that is broken is often the one that does not answer.
"""

from tenants.doctor.findings import Check, Finding, examine
from tenants.doctor.parts import CHECKS

__all__ = ["CHECKS", "Check", "Finding", "examine"]
