"""Every kind of deed that is recorded, with its category and the sentence a person reads. Yours is one line here.

A kind is `noun.verbed`; the noun says what the subject's id is an id of (`staff`, `api_key`, `survey`, …), and
its name is looked up when the entry is read (`tenants.audit.names`). The sentence may name `%(who)s`, `%(subject)s`,
and every code that `audit.record(…, code=…)` is given with that kind.
"""

# ruff: noqa: E501  one line for each kind, so that the table can be read as one

from collections.abc import Mapping
from dataclasses import dataclass

from infra.i18n import N_

SECURITY, SETTINGS, PERSONAL_DATA, STAFF, OPERATION = "security", "settings", "personal_data", "staff", "operation"

CATEGORIES: Mapping[str, str] = {
    SECURITY: N_("Security"),
    SETTINGS: N_("Settings"),
    PERSONAL_DATA: N_("Personal data"),
    STAFF: N_("Staff"),
    OPERATION: N_("Operation"),
}
"""In the order of the filter: sign-ins and keys; what the workspace is set to; reading much at once; who works
here; and what is done with surveys and the like."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of deed."""

    name: str
    category: str
    sentence: str
    about: str = ""
    """What the subject is, where the kind's own noun does not say it."""

    @property
    def noun(self) -> str:
        """What the subject is."""
        return self.about or self.name.partition(".")[0]


# fmt: off
TABLE: tuple[Kind, ...] = (
    Kind("staff.signed_in", SECURITY, N_("%(who)s signed in.")),
    Kind("staff.signed_out", SECURITY, N_("%(who)s signed out.")),
    Kind("staff.entered_by_code", SECURITY, N_("%(who)s came in by a link of one use.")),
    Kind("staff.sign_ins_failed", SECURITY, N_("Somebody failed %(failed)s times to sign in as %(subject)s.")),
    Kind("staff.sign_ins_of_nobody_failed", SECURITY, N_("Somebody failed %(failed)s times to sign in with an address that is nobody's here.")),
    Kind("staff.sign_ins_from_one_place_failed", SECURITY, N_("From one place in the network %(failed)s sign-ins failed within an hour, with whatever addresses.")),
    Kind("staff.proofs_failed", SECURITY, N_("Somebody who was signed in as %(subject)s failed %(failed)s times to type the password once more.")),
    Kind("staff.reset_asked", SECURITY, N_("Somebody asked for a link with which %(subject)s can choose a new password.")),
    Kind("staff.codes_failed", SECURITY, N_("The password of %(subject)s was right, and %(failed)s codes of the second factor were wrong.")),
    Kind("staff.session_ended", SECURITY, N_("%(who)s ended a session of %(subject)s.")),
    Kind("staff.sessions_ended", SECURITY, N_("%(who)s ended all sessions of %(subject)s.")),
    Kind("staff.second_factor_set_up", SECURITY, N_("%(who)s set up a second factor.")),
    Kind("staff.second_factor_turned_off", SECURITY, N_("%(who)s turned off their second factor.")),
    Kind("staff.second_factor_reset", SECURITY, N_("%(who)s reset the second factor of %(subject)s.")),
    Kind("staff.recovery_code_used", SECURITY, N_("%(who)s used a recovery code; %(left)s are left.")),
    Kind("staff.recovery_codes_renewed", SECURITY, N_("%(who)s made new recovery codes.")),
    Kind("staff.password_changed", SECURITY, N_("%(who)s set a new password for %(subject)s.")),
    Kind("api_key.created", SECURITY, N_("%(who)s made the API key %(subject)s.")),
    Kind("api_key.revoked", SECURITY, N_("%(who)s revoked the API key %(subject)s.")),
    Kind("api_key.rotated", SECURITY, N_("%(who)s made a new secret for the API key %(subject)s.")),
    Kind("api_key.old_secret_ended", SECURITY, N_("%(who)s ended the old secret of the API key %(subject)s.")),
    Kind("api_key.refused", SECURITY, N_("A program was refused that used the API key %(subject)s (%(reason)s).")),
    Kind("api_key.unknown_refused", SECURITY, N_("A program was refused that brought an API key which is none of this workspace.")),
    Kind("api_key.limited", SETTINGS, N_("%(who)s set the limit of the API key %(subject)s to %(per_minute)s a minute.")),

    Kind("support.granted", SECURITY, N_("%(who)s gave support access to the workspace (%(allows)s, for %(lasts)s).")),
    Kind("support.revoked", SECURITY, N_("%(who)s revoked a support access.")),
    Kind("support.entered", SECURITY, N_("%(who)s came in on a support access.")),
    Kind("support.viewed", SECURITY, N_("%(who)s looked at the page %(endpoint)s.")),
    Kind("support.acted", SECURITY, N_("%(who)s used %(endpoint)s.")),
    Kind("support.left", SECURITY, N_("%(who)s ended a visit on a support access.")),

    Kind("staff.added", STAFF, N_("%(who)s added %(subject)s to the team.")),
    Kind("staff.invited", STAFF, N_("%(who)s invited a colleague as %(role)s.")),
    Kind("staff.invitation_resent", STAFF, N_("%(who)s sent an invitation again.")),
    Kind("staff.invitation_withdrawn", STAFF, N_("%(who)s withdrew an invitation.")),
    Kind("staff.invitation_accepted", STAFF, N_("%(who)s accepted an invitation and joined as %(role)s.")),
    Kind("staff.role_changed", SECURITY, N_("%(who)s made %(subject)s, who was %(before)s, %(role)s.")),
    Kind("staff.removed", SECURITY, N_("%(who)s removed %(subject)s from the team.")),
    Kind("staff.left", SECURITY, N_("%(who)s left the workspace.")),
    Kind("staff.profile_changed", STAFF, N_("%(who)s changed their own profile.")),
    Kind("staff.address_change_asked", SECURITY, N_("%(who)s asked to sign in with another address.")),
    Kind("staff.address_changed", SECURITY, N_("%(who)s signs in with another address now.")),
    Kind("workspace.owner_changed", SECURITY, N_("%(who)s handed the workspace over to %(subject)s."), about="staff"),
    Kind("survey.owner_changed", OPERATION, N_("%(who)s left the survey %(subject)s to another colleague.")),

    Kind("brand.look_changed", SETTINGS, N_("%(who)s changed colour and type of the brand.")),
    Kind("brand.logo_changed", SETTINGS, N_("%(who)s uploaded a logo.")),
    Kind("brand.logo_removed", SETTINGS, N_("%(who)s removed the logo.")),
    Kind("settings.languages_changed", SETTINGS, N_("%(who)s changed the languages of the workspace.")),
    Kind("domain.added", SETTINGS, N_("%(who)s added the domain %(host)s.")),
    Kind("domain.verified", SETTINGS, N_("The domain %(host)s was proved (%(who)s had it checked).")),
    Kind("domain.made_main", SETTINGS, N_("%(who)s made %(host)s the main address of the workspace.")),
    Kind("domain.unmade_main", SETTINGS, N_("%(who)s made the workspace's own address its main address again.")),
    Kind("domain.failing", SETTINGS, N_("A record of the domain %(host)s was not found any more.")),
    Kind("domain.disabled", SETTINGS, N_("The domain %(host)s was switched off, because its records were gone.")),
    Kind("domain.removed", SETTINGS, N_("%(who)s removed the domain %(host)s.")),
    Kind("sender_domain.added", SETTINGS, N_("%(who)s added the domain %(host)s to send mail from.")),
    Kind("sender_domain.verified", SETTINGS, N_("Mail may come from the domain %(host)s (%(who)s had it checked).")),
    Kind("sender_domain.made_main", SETTINGS, N_("%(who)s let mail to customers come from %(host)s.")),
    Kind("sender_domain.unmade_main", SETTINGS, N_("%(who)s let mail to customers come from %(host)s no longer.")),
    Kind("sender_domain.disabled", SETTINGS, N_("Mail comes from %(host)s no longer, because its DKIM record was gone.")),
    Kind("sender_domain.removed", SETTINGS, N_("%(who)s removed the domain %(host)s that mail came from.")),
    Kind("settings.reply_to_changed", SETTINGS, N_("%(who)s changed where answers to mail go.")),
    Kind("mail.found_arrived", OPERATION, N_("%(who)s found that a mail whose fate was unknown had arrived.")),
    Kind("mail.sent_again", OPERATION, N_("%(who)s had a mail sent again whose fate was unknown.")),
    Kind("settings.second_factor_required", SECURITY, N_("%(who)s asked everybody for a second factor.")),
    Kind("settings.second_factor_optional", SECURITY, N_("%(who)s left the second factor to everybody's choice.")),
    Kind("settings.zone_changed", SETTINGS, N_("%(who)s set the time zone to %(zone)s.")),

    Kind("webhook.created", SETTINGS, N_("%(who)s made the webhook %(subject)s.")),
    Kind("webhook.changed", SETTINGS, N_("%(who)s changed the webhook %(subject)s.")),
    Kind("webhook.paused", SETTINGS, N_("%(who)s paused the webhook %(subject)s (%(reason)s).")),
    Kind("webhook.resumed", SETTINGS, N_("%(who)s resumed the webhook %(subject)s.")),
    Kind("webhook.disabled", SETTINGS, N_("%(who)s turned the webhook %(subject)s off.")),
    Kind("webhook.deleted", SETTINGS, N_("%(who)s deleted a webhook with its deliveries.")),
    Kind("webhook.secret_rotated", SECURITY, N_("%(who)s made a new secret for the webhook %(subject)s.")),
    Kind("webhook.secret_shown", SECURITY, N_("%(who)s looked at the secret of the webhook %(subject)s.")),
    Kind("webhook.tested", OPERATION, N_("%(who)s sent a test event to the webhook %(subject)s.")),
    Kind("webhook.replayed", OPERATION, N_("%(who)s sent %(count)s deliveries of the webhook %(subject)s again.")),

    Kind("survey.closed_by_platform", OPERATION, N_("%(who)s closed the survey %(subject)s after a report.")),
    Kind("settings.links_allowed", SETTINGS, N_("%(who)s let links to %(hosts)s sites pass in surveys.")),
    Kind("settings.trusted", SETTINGS, N_("%(who)s noted that texts of this workspace are trusted.")),
    Kind("workspace.suspended", SECURITY, N_("%(who)s suspended the workspace (%(cause)s).")),
    Kind("workspace.reopened", SECURITY, N_("%(who)s reopened the workspace (%(cause)s).")),
    Kind("survey.created", OPERATION, N_("%(who)s made the survey %(subject)s.")),
    Kind("survey.published", OPERATION, N_("%(who)s published the survey %(subject)s.")),
    Kind("survey.withdrawn", OPERATION, N_("%(who)s closed the survey %(subject)s.")),
    Kind("survey.archived", OPERATION, N_("%(who)s archived the survey %(subject)s.")),
    Kind("survey.restored", OPERATION, N_("%(who)s brought the survey %(subject)s back from the archive.")),
    Kind("survey.deleted", OPERATION, N_("%(who)s deleted a survey with all its answers.")),
    Kind("person.added", OPERATION, N_("%(who)s added the customer %(subject)s.")),
    Kind("person.changed", OPERATION, N_("%(who)s changed the customer %(subject)s.")),
    Kind("company.added", OPERATION, N_("%(who)s added the company %(subject)s.")),
    Kind("company.changed", OPERATION, N_("%(who)s changed the company %(subject)s.")),
    Kind("interaction.changed", OPERATION, N_("%(who)s changed a contact with a customer.")),
    Kind("interaction.deleted", OPERATION, N_("%(who)s deleted a contact with a customer.")),
    Kind("task.changed", OPERATION, N_("%(who)s changed a task.")),
    Kind("task.cancelled", OPERATION, N_("%(who)s cancelled a task.")),
    Kind("task.reopened", OPERATION, N_("%(who)s opened a task again.")),
    Kind("attribute.declared", SETTINGS, N_("%(who)s added the customer attribute %(code)s.")),
    Kind("attribute.changed", SETTINGS, N_("%(who)s changed the customer attribute %(code)s.")),
    Kind("attribute.archived", SETTINGS, N_("%(who)s archived the customer attribute %(code)s.")),
    Kind("attribute.restored", SETTINGS, N_("%(who)s brought the customer attribute %(code)s back from the archive.")),
    Kind("view.shared", OPERATION, N_("%(who)s shared a view of the customers with colleagues.")),
    Kind("view.changed", OPERATION, N_("%(who)s changed a shared view of the customers.")),
    Kind("view.deleted", OPERATION, N_("%(who)s deleted a shared view of the customers.")),
    Kind("segment.added", OPERATION, N_("%(who)s made the segment %(subject)s (%(kind)s).")),
    Kind("segment.changed", OPERATION, N_("%(who)s changed the segment %(subject)s.")),
    Kind("segment.archived", OPERATION, N_("%(who)s archived the segment %(subject)s.")),
    Kind("segment.restored", OPERATION, N_("%(who)s brought the segment %(subject)s back from the archive.")),
    Kind("segment.deleted", OPERATION, N_("%(who)s deleted a segment of customers.")),
    Kind("import.begun", PERSONAL_DATA, N_("%(who)s uploaded a file of customers.")),
    Kind("import.started", PERSONAL_DATA, N_("%(who)s had a file of customers imported (%(rows)s rows, %(policy)s).")),
    Kind("import.finished", OPERATION, N_("An import of customers ended: %(added)s added, %(updated)s updated, %(skipped)s skipped, %(wrong)s wrong, %(companies)s companies added.")),
    Kind("import.undone", PERSONAL_DATA, N_("%(who)s had an import of customers undone.")),
    Kind("person.birth_year_corrected", PERSONAL_DATA, N_("%(who)s corrected the year of birth of %(subject)s.")),
    Kind("person.merged", PERSONAL_DATA, N_("%(who)s merged two customers into %(subject)s."), about="person"),
    Kind("company.merged", PERSONAL_DATA, N_("%(who)s merged two companies into %(subject)s."), about="company"),
    Kind("company.unmerged", PERSONAL_DATA, N_("%(who)s took back a merge into the company %(subject)s."), about="company"),
    Kind("person.unmerged", PERSONAL_DATA, N_("%(who)s took back a merge into %(subject)s."), about="person"),
    Kind("duplicate.dismissed", OPERATION, N_("%(who)s said that two customers are not the same.")),
    Kind("company_duplicate.dismissed", OPERATION, N_("%(who)s said that two companies are not the same.")),
    Kind("customers.listed", PERSONAL_DATA, N_("%(who)s read the list of customers.")),
    Kind("customers.exported", PERSONAL_DATA, N_("%(who)s exported customers.")),
    Kind("companies.exported", PERSONAL_DATA, N_("%(who)s exported companies.")),
    Kind("customers.changed_in_bulk", OPERATION, N_("%(who)s had many customers changed at once (%(deed)s).")),
    Kind("portal.signed_in", SECURITY, N_("%(who)s signed in on the customer pages (%(how)s)."), about="person"),
    Kind("portal.signed_out", SECURITY, N_("%(who)s signed out of the customer pages."), about="person"),
    Kind("portal.signed_out_everywhere", SECURITY, N_("%(who)s ended other sessions on the customer pages."), about="person"),
    Kind("portal.access_ended", SECURITY, N_("%(who)s gave %(subject)s another mailbox; who was in by the one before is signed out of the customer pages."), about="person"),
    Kind("portal.data_viewed", PERSONAL_DATA, N_("%(who)s looked at their own data."), about="person"),
    Kind("portal.data_downloaded", PERSONAL_DATA, N_("%(who)s downloaded their own data."), about="person"),
    Kind("portal.address_changed", SECURITY, N_("%(who)s proved another e-mail address on the customer pages."), about="person"),
    Kind("portal.erasure_asked", PERSONAL_DATA, N_("%(who)s asked for their data to be deleted."), about="person"),
    Kind("portal.erasure_withdrawn", PERSONAL_DATA, N_("%(who)s took back the request to have their data deleted."), about="person"),
    Kind("portal.settings_changed", SETTINGS, N_("%(who)s changed the customer pages (open: %(open)s).")),
    Kind("portal_provider.added", SETTINGS, N_("%(who)s added a provider that customers may sign in with (%(host)s).")),
    Kind("portal_provider.changed", SETTINGS, N_("%(who)s changed a provider that customers sign in with.")),
    Kind("portal_provider.secret_replaced", SECURITY, N_("%(who)s set a new client secret for a provider that customers sign in with.")),
    Kind("portal_provider.turned_on", SECURITY, N_("%(who)s let customers sign in with another provider.")),
    Kind("portal_provider.turned_off", SECURITY, N_("%(who)s let customers sign in with a provider no longer.")),
    Kind("portal_provider.removed", SECURITY, N_("%(who)s removed a provider that customers signed in with.")),
    Kind("portal_identity.linked", SECURITY, N_("%(who)s connected an account at a provider (%(how)s)."), about="person"),
    Kind("portal_identity.removed", SECURITY, N_("%(who)s removed an account at a provider."), about="person"),
    Kind("person.written_to", OPERATION, N_("%(who)s wrote to %(subject)s (%(purpose)s).")),
    Kind("person.answered", OPERATION, N_("%(who)s answered %(subject)s.")),
    Kind("person.written_to_unasked", OPERATION, N_("%(who)s wrote to %(subject)s without asking consent, budget and quiet hours (%(reason)s).")),
    Kind("consent.given", PERSONAL_DATA, N_("%(who)s noted a consent of %(subject)s (%(purpose)s)."), about="person"),
    Kind("consent.pending", PERSONAL_DATA, N_("%(who)s noted a consent of %(subject)s that is to be confirmed (%(purpose)s)."), about="person"),
    Kind("consent.withdrawn", PERSONAL_DATA, N_("%(who)s noted that %(subject)s withdrew a consent (%(purpose)s)."), about="person"),
    Kind("preferences.changed", PERSONAL_DATA, N_("%(who)s noted what %(subject)s wishes of messages."), about="person"),
    Kind("consent_text.written", SETTINGS, N_("%(who)s wrote a new wording for consent (%(purpose)s, %(locale)s).")),
    Kind("contact_rules.budget_changed", SETTINGS, N_("%(who)s set the budget to %(most)s messages in %(days)s days.")),
    Kind("contact_rules.quiet_hours_changed", SETTINGS, N_("%(who)s changed the quiet hours.")),
    Kind("contact_rules.consent_changed", SETTINGS, N_("%(who)s changed where consent is asked and confirmed.")),
    Kind("contact_rules.soft_bounces_changed", SETTINGS, N_("%(who)s set how many soft bounces suppress an address (%(count)s in %(days)s days).")),
    Kind("contact_rules.link_key_shown", SECURITY, N_("%(who)s read the key that signs customers' links.")),
    Kind("contact_rules.link_key_renewed", SECURITY, N_("%(who)s made a new key that signs customers' links.")),
    Kind("topic.added", SETTINGS, N_("%(who)s added the topic %(code)s.")),
    Kind("topic.renamed", SETTINGS, N_("%(who)s renamed the topic %(code)s.")),
    Kind("topic.archived", SETTINGS, N_("%(who)s archived the topic %(code)s.")),
    Kind("topic.restored", SETTINGS, N_("%(who)s brought the topic %(code)s back from the archive.")),
    Kind("suppression.added", PERSONAL_DATA, N_("%(who)s put an address on the list of those not written to (%(kind)s).")),
    Kind("inbound_mail.assigned", OPERATION, N_("%(who)s said whose a mail is that came in.")),
    Kind("inbound_mail.set_aside", OPERATION, N_("%(who)s set a mail aside that came in.")),
    Kind("suppression.lifted", PERSONAL_DATA, N_("%(who)s took an address off the list of those not written to (%(kind)s).")),
    Kind("suppressions.listed", PERSONAL_DATA, N_("%(who)s read the list of addresses not written to.")),
    Kind("suppressions.imported", PERSONAL_DATA, N_("%(who)s imported a list of addresses not written to.")),
    Kind("suppressions.exported", PERSONAL_DATA, N_("%(who)s exported the addresses not written to.")),
    Kind("survey.link_issued", OPERATION, N_("%(who)s made a personal link to the survey %(subject)s.")),
    Kind("survey.link_revoked", OPERATION, N_("%(who)s took back a personal link to the survey %(subject)s.")),
    Kind("survey.identity_changed", OPERATION, N_("%(who)s set the answers of the survey %(subject)s to %(identity)s.")),
    Kind("survey.invitations_asked", OPERATION, N_("%(who)s invited a segment of %(people)s customers to the survey %(subject)s.")),
    Kind("survey.invitations_paused", OPERATION, N_("%(who)s paused invitations to the survey %(subject)s.")),
    Kind("survey.invitations_resumed", OPERATION, N_("%(who)s sent paused invitations to the survey %(subject)s on.")),
    Kind("survey.invitations_cancelled", OPERATION, N_("%(who)s cancelled invitations to the survey %(subject)s.")),
    Kind("audit.anchored_anew", SECURITY, N_("%(who)s sealed the audit log anew, as it was then.")),

    Kind("audit.exported", PERSONAL_DATA, N_("%(who)s exported the audit log.")),
    Kind("survey.answers_listed", PERSONAL_DATA, N_("%(who)s read answers of the survey %(subject)s.")),
    Kind("survey.answers_exported", PERSONAL_DATA, N_("%(who)s exported the answers of the survey %(subject)s.")),
    Kind("background_job.downloaded", PERSONAL_DATA, N_("%(who)s downloaded the result of background work (%(kind)s).")),
    Kind("background_job.cancelled", OPERATION, N_("%(who)s cancelled background work (%(kind)s).")),
    Kind("demo.told", OPERATION, N_("%(who)s wrote the story of the demo.")),
)
# fmt: on

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in TABLE}
"""By name."""


def of_category(category: str) -> list[str]:
    """The kinds of a category; none for one that does not exist."""
    return [kind.name for kind in TABLE if kind.category == category]
