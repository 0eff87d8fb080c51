"""Work outside the request: ids in, load, re-check the state, call one verb. Every job is safe to run twice.

`@job(...)` declares one, `enqueue(session, ...)` records it, and it is sent only after the outer commit. What must
not be lost is an event row first; Valkey may be emptied at any time.
"""

from infra.jobs.declared import JobSpec, job
from infra.jobs.queues import QUEUES, Queues
from infra.jobs.sending import enqueue

__all__ = ["QUEUES", "JobSpec", "Queues", "enqueue", "job"]
