"""Work a person waits for: progress that can be left and found again, cancelled, and taken up after a crash.

A job of scope "services" is declared as usual and begun with `begin`. It works through a `Progress`, in steps that
are each safe to repeat. A worker that dies leaves a stale heartbeat; the sweeper sends the job again.
"""

from infra.long_jobs.models import LongJob
from infra.long_jobs.progress import Cancelled, Progress, begin, cancel, get_long_job, has_stale, resume_stale

__all__ = ["Cancelled", "LongJob", "Progress", "begin", "cancel", "get_long_job", "has_stale", "resume_stale"]
