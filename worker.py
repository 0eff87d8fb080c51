"""The worker process: the table of reactions, what may lie forgotten, what becomes due, and the queues."""

import argparse
import os
from functools import partial
from uuid import UUID

import migrations.models
from customers import (
    bounces,
    contact_batches,
    contact_mail,
    inbound,
    inbound_jobs,
    inbound_retention,
    interaction_files,
    links_mixing,
    task_reminders,
)
from customers.consent_events import (
    AddressSuppressed,
    ConsentChanged,
    ContactRefused,
    ContactRequested,
    MailReported,
    PreferencesChanged,
    SuppressionLifted,
)
from customers.decision_events import AccountLinked, AccountUnlinked, DuplicateDismissed
from customers.events import (
    CompanyAdded,
    CompanyChanged,
    CompanyMerged,
    CompanyUnmerged,
    ErasureRequested,
    ErasureWithdrawn,
    ImportFinished,
    ImportUndone,
    PersonAdded,
    PersonChanged,
    PersonErased,
    PersonMerged,
    PersonUnmerged,
)
from customers.imports import undo as import_undo
from customers.inbound_events import InboundMailDecided, InboundMailWaiting
from customers.interaction_events import InteractionChanged, InteractionDeleted, InteractionLogged
from customers.portal import erasure, openid_identities
from customers.portal import jobs as portal_jobs
from customers.segments.events import SegmentAdded, SegmentChanged, SegmentDeleted
from customers.setting_events import AttributeChanged, ContactRulesChanged, TopicChanged, ViewChanged
from customers.task_events import TaskAdded, TaskChanged, TaskEnded
from infra import log, long_jobs, metrics
from infra.db import TenantRef
from infra.events import Reactions
from infra.events import dispatch as event_dispatch
from infra.events import jobs as event_jobs
from infra.jobs import runner
from infra.jobs.worker import work, work_in_processes
from infra.mail import jobs as mail_jobs
from infra.mail import outbox, outbox_batches
from infra.mail import purposes as mail_purposes
from infra.mail.purposes import MailPurposes
from infra.services import Services
from infra.settings import load
from surveys import file_jobs, known, rollups
from surveys import jobs as survey_jobs
from surveys.events import (
    InvitationsAsked,
    InvitationsBegun,
    InvitationsCancelled,
    InvitationsPaused,
    InvitationsResumed,
    LinkIssued,
    LinkRevoked,
    ResponseCorrected,
    ResponseFinished,
    ResponseScreened,
    SurveyPublished,
    SurveyWithdrawn,
)
from tenants import (
    cleaning,
    failures,
    gauges,
    idempotency,
    invitations,
    key_reminders,
    mails,
    staff_index,
    starters,
)
from tenants import jobs as tenant_jobs
from tenants.abuse import mails as abuse_mails
from tenants.audit import jobs as audit_jobs
from tenants.audit import sealing as audit_sealing
from tenants.directory import Directory
from tenants.domains import claims as domain_claims
from tenants.domains import jobs as domain_jobs
from tenants.domains import mails as domain_mails
from tenants.due import DueKind
from tenants.events import SenderDomainLost, SenderDomainVerified, ZoneChanged
from tenants.jobs import Sweep, Watch
from tenants.mails import security as security_mails
from tenants.operators import health as tenant_health
from tenants.operators import jobs as operator_jobs
from tenants.operators import telling
from tenants.sender_domains import claims as sender_claims
from tenants.sender_domains import jobs as sender_jobs
from tenants.sender_domains import senders
from tenants.webhooks import deliveries as webhooks
from tenants.webhooks import forgetting as webhook_forgetting
from tenants.webhooks import jobs as webhook_jobs
from tenants.webhooks import leases as webhook_leases
from tenants.webhooks import mails as webhook_mails
from web import registries

assert migrations.models
assert cleaning  # its jobs come by the clock
assert operator_jobs  # and these from the operators' pages
assert telling

REACTIONS = Reactions(
    {
        ResponseFinished: [rollups.count_responses, known.note_scores, webhooks.owe],
        ResponseCorrected: [rollups.count_responses, known.note_scores, webhooks.owe],
        ResponseScreened: [rollups.count_responses, webhooks.owe],
        SurveyPublished: [webhooks.owe],
        SurveyWithdrawn: [webhooks.owe],
        InvitationsBegun: [webhooks.owe],
        InvitationsAsked: [webhooks.owe],
        InvitationsPaused: [webhooks.owe],
        InvitationsResumed: [webhooks.owe],
        InvitationsCancelled: [webhooks.owe],
        PersonAdded: [webhooks.owe, inbound.on_person_added],
        PersonChanged: [webhooks.owe],
        PersonMerged: [webhooks.owe],
        PersonUnmerged: [webhooks.owe],
        PersonErased: [webhooks.owe, openid_identities.on_person_erased, erasure.on_person_erased],
        CompanyAdded: [webhooks.owe],
        CompanyChanged: [webhooks.owe],
        CompanyMerged: [webhooks.owe],
        CompanyUnmerged: [webhooks.owe],
        ImportFinished: [webhooks.owe],
        ImportUndone: [webhooks.owe],
        ConsentChanged: [webhooks.owe],
        PreferencesChanged: [webhooks.owe],
        AddressSuppressed: [webhooks.owe],
        SuppressionLifted: [webhooks.owe],
        ContactRefused: [webhooks.owe],
        ContactRequested: [webhooks.owe],
        MailReported: [webhooks.owe],
        TopicChanged: [webhooks.owe],
        ContactRulesChanged: [webhooks.owe],
        AttributeChanged: [webhooks.owe],
        ViewChanged: [webhooks.owe],
        InteractionLogged: [webhooks.owe],
        InteractionChanged: [webhooks.owe],
        InteractionDeleted: [webhooks.owe, interaction_files.on_deleted],
        InboundMailWaiting: [webhooks.owe],
        InboundMailDecided: [webhooks.owe],
        LinkIssued: [webhooks.owe],
        LinkRevoked: [webhooks.owe],
        DuplicateDismissed: [webhooks.owe],
        AccountLinked: [webhooks.owe],
        AccountUnlinked: [webhooks.owe],
        SenderDomainVerified: [webhooks.owe],
        SenderDomainLost: [webhooks.owe],
        TaskAdded: [webhooks.owe],
        TaskChanged: [webhooks.owe],
        TaskEnded: [webhooks.owe, erasure.settle],
        ErasureRequested: [webhooks.owe],
        ErasureWithdrawn: [webhooks.owe],
        SegmentAdded: [webhooks.owe],
        SegmentChanged: [webhooks.owe],
        SegmentDeleted: [webhooks.owe],
        ZoneChanged: [survey_jobs.on_zone_changed],
    }
)

PURPOSES = MailPurposes(
    mails.PURPOSES,
    key_reminders.PURPOSES,
    domain_mails.PURPOSES,
    abuse_mails.PURPOSES,
    webhook_mails.PURPOSES,
    security_mails.PURPOSES,
    task_reminders.PURPOSES,
    contact_mail.PURPOSES_OF_MAIL,
)

SWEEPS = (
    Sweep(event_dispatch.has_work, event_jobs.dispatch, event_jobs.FLAG),
    Sweep(outbox.has_due, mail_jobs.send_mails, mail_jobs.FLAG),
    Sweep(outbox_batches.has_unsettled, outbox_batches.settle_batches, outbox_batches.SETTLE_FLAG),
    Sweep(contact_batches.has_unreleased, contact_batches.release, contact_batches.FLAG),
    Sweep(long_jobs.has_stale, long_jobs.resume_stale, "long_jobs"),
    Sweep(long_jobs.has_old, long_jobs.clean_up, "long_jobs_old"),
    Sweep(audit_sealing.has_unsealed, audit_jobs.seal, audit_jobs.FLAG),
    Sweep(webhook_leases.has_due, webhook_jobs.send_webhooks, webhook_jobs.FLAG),
    Sweep(webhook_forgetting.has_old, webhook_jobs.forget_webhooks, "webhooks-cleaning"),
    Sweep(idempotency.has_old, idempotency.forget_old, "idempotency"),
    Sweep(cleaning.has_old_sign_ins, cleaning.forget_sign_ins, "sign_ins"),
    Sweep(staff_index.has_untold, staff_index.tell_control, staff_index.FLAG),
    Sweep(invitations.has_old, invitations.forget_old, "invitations"),
    Sweep(import_undo.has_old, import_undo.clean_up, import_undo.FLAG),
    Sweep(inbound_jobs.has_unread, inbound_jobs.read_mails, inbound_jobs.FLAG),
    Sweep(links_mixing.has_unmixed, links_mixing.mix, links_mixing.FLAG),
    Sweep(portal_jobs.has_old, portal_jobs.forget_old, "portal_old"),
    Sweep(inbound_retention.has_old, inbound_retention.forget_mails, inbound_retention.FLAG),
    Sweep(bounces.has_refusals, inbound_jobs.note_refusals, inbound_jobs.BOUNCES),
    Sweep(file_jobs.has_old, file_jobs.forget_loose, file_jobs.FLAG),
)

WATCHES = (Watch(tenant_health.measure, tenant_health.keep),)

DUE = (
    DueKind(event_jobs.FLAG, event_dispatch.next_attempt_at, event_jobs.dispatch),
    DueKind(mail_jobs.FLAG, outbox.next_attempt_at, mail_jobs.send_mails),
    DueKind(key_reminders.FLAG, key_reminders.next_at, key_reminders.remind),
    DueKind(webhook_jobs.FLAG, webhook_leases.next_at, webhook_jobs.send_webhooks),
    DueKind(task_reminders.FLAG, task_reminders.next_at, task_reminders.remind),
    DueKind(domain_jobs.FLAG, domain_claims.next_check_at, domain_jobs.check_due),
    DueKind(sender_jobs.FLAG, sender_claims.next_check_at, sender_jobs.check_senders),
)


def compose(services: Services) -> None:
    """Gives the runner everything that jobs need in this process."""
    registries.compose()
    event_jobs.configure(REACTIONS)
    event_jobs.connect_signals(services.queues)
    tenant_jobs.configure(SWEEPS, DUE, WATCHES)
    long_jobs.configure(starters.may_still)
    directory = Directory(services.db, services.settings)
    mail_purposes.configure(PURPOSES, directory.name_of, senders.find_signer)

    def find_tenant(tenant_id: UUID) -> TenantRef | None:
        return tenant_jobs.find_ref(services.db, tenant_id)

    runner.configure(runner.Runtime(services, find_tenant, partial(failures.record, services.db)))


def run_one() -> None:
    """One worker in this process."""
    settings = load()
    log.configure(settings)
    services = Services.start(settings)
    compose(services)
    metrics.serve(settings, gauges.sources(services))
    try:
        work(settings)
    finally:
        services.stop()


def main() -> None:
    """`python -m worker --processes 2`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    if options.processes == 1:
        run_one()
    else:
        work_in_processes(options.processes, run_one)


if __name__ == "__main__":
    main()
