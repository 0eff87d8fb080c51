"""Imports as a story: a file comes in, its columns are said, it is tried, imported, taken back."""

from contextvars import Context
from io import BytesIO

from customers.imports import files, verbs
from customers.models import Import
from infra import long_jobs
from tenants.permissions import SYSTEM, Actor, of_role

ADMIN = Actor("staff", None, of_role("admin"))


class Story:
    """One tenant's imports. Each step is its own transaction, and long work is done at once."""

    def __init__(self, services, tenant):
        self.services, self.tenant = services, tenant

    def session(self):
        return self.services.db.tenant_session(self.tenant)

    def begin(self, content, name="people.csv"):
        with files.kept(BytesIO(content.encode() if isinstance(content, str) else content)) as path:
            key, form, headings = files.receive(self.services.storage, self.tenant, path)
        with self.session() as session:
            return verbs.begin(session, key, form, headings, filename=name, by=SYSTEM).id

    def check(self, import_id, mapping=None, policy="update", **options):
        with self.session() as session:
            imported = verbs.get(session, import_id)
            job = verbs.choose(
                session, imported, mapping or imported.mapping, policy=policy, by=ADMIN, **options
            ).id
        self.work(job)
        return self.get(import_id)

    def start(self, import_id):
        with self.session() as session:
            return verbs.start(session, verbs.get(session, import_id), by=ADMIN).id

    def run(self, content, mapping=None, policy="update", **options):
        import_id = self.begin(content)
        self.check(import_id, mapping, policy, **options)
        self.work(self.start(import_id))
        return self.get(import_id)

    def undo(self, imported):
        with self.session() as session:
            job = verbs.undo(session, verbs.get(session, imported.id), by=ADMIN).id
        self.work(job)
        return self.get(imported.id)

    def work(self, job_id):
        Context().run(lambda: long_jobs.run(self.services, self.tenant, long_job=str(job_id)))

    def get(self, import_id):
        with self.session() as session:
            return session.get_one(Import, import_id)

    def progress(self, imported):
        """How far its work came, and of how much."""
        with self.session() as session:
            row = session.get_one(long_jobs.LongJob, imported.job_id)
            return row.done, row.total

    def errors(self, imported):
        """The file of the wrong rows."""
        with self.session() as session:
            key = session.get_one(long_jobs.LongJob, imported.job_id).errors_key
        return self.services.storage.get(key).decode("utf-8-sig")
