"""Work a person waits for: progress that can be left and found again, cancelled, and taken up after a crash.

A kind of long work is a function that takes a `Work`, declared in its domain:

    @long_jobs.kind("surveys.answers_csv", title=N_("Answers as CSV"), permission="responses.export")
    def answers_csv(work: Work) -> None:
        work.store(pieces(work), content_type="text/csv")

and begun with `long_jobs.start(session, answers_csv, by=actor, key=…, subject=survey.id, filename="answers.csv")`.
The function opens its own sessions, in short steps, calls `work.advance` between them, and is safe to run again
from the start: a worker that dies leaves a stale heartbeat, and the sweeper sends the work once more.
"""

from infra.long_jobs.cleaning import clean_up, has_old
from infra.long_jobs.kinds import Kind, kind, kinds, long_job_kind
from infra.long_jobs.models import LongJob
from infra.long_jobs.reading import (
    NEWS_FOR,
    count_long_jobs,
    failed_unseen,
    list_long_jobs,
    list_news,
    seconds_left,
    see,
)
from infra.long_jobs.running import configure, has_stale, resume_stale, run
from infra.long_jobs.starting import Starter, cancel, get_long_job, start, start_again
from infra.long_jobs.work import Cancelled, GaveUp, NotAllowed, Overtaken, Work

__all__ = [
    "NEWS_FOR",
    "Cancelled",
    "GaveUp",
    "Kind",
    "LongJob",
    "NotAllowed",
    "Overtaken",
    "Starter",
    "Work",
    "cancel",
    "clean_up",
    "configure",
    "count_long_jobs",
    "failed_unseen",
    "get_long_job",
    "has_old",
    "has_stale",
    "kind",
    "kinds",
    "list_long_jobs",
    "list_news",
    "long_job_kind",
    "resume_stale",
    "run",
    "seconds_left",
    "see",
    "start",
    "start_again",
]
