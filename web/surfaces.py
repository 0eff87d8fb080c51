"""The access policy on one screen: who may reach what, on which host. What is not written here is refused.

Every line names a blueprint, the module it stands in (as `blueprint`), its host and prefix, who may come, and what
each endpoint needs. `anyone` opens no cookie session and no form protection (signed links and tokens only);
`visitor` has both but nobody is signed in; `staff` is signed in and holds the permission; `key` is an API key whose
scopes hold it; `operator` runs Rapport and is signed in with a second factor; `portal` is a customer of the tenant,
signed in; `guest` is anybody at the door of the tenant's customer pages while these are open. `OPEN` asks for
nothing beyond that.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Host = Literal["platform", "tenant", "any"]
Who = Literal["anyone", "visitor", "staff", "key", "operator", "guest", "portal"]

OPEN = ""


@dataclass(frozen=True, slots=True)
class Surface:
    """One blueprint. `needs` maps a permission to the endpoints that ask for it, separated by spaces."""

    name: str
    module: str
    host: Host
    prefix: str
    who: Who
    needs: Mapping[str, str] = field(default_factory=dict)
    framed: bool = False
    """Whether other sites may show its pages in a frame."""
    fresh: str = ""
    """Endpoints that want the password typed within the last quarter of an hour, separated by spaces."""
    bulky: str = ""
    """Endpoints that take a file of up to `web.auth.LARGEST_UPLOAD`, separated by spaces."""
    enrolment: bool = False
    """Whether its pages are open to those who still lack the second factor that their workspace asks for."""

    def grants(self) -> Iterator[tuple[str, str]]:
        """Every endpoint of the surface in full, with the permission it needs."""
        for permission, endpoints in self.needs.items():
            for endpoint in endpoints.split():
                yield (f"{self.name}.{endpoint}" if self.module else endpoint), permission


# fmt: off
SURFACES: tuple[Surface, ...] = (
    Surface("static", "", "any", "", "anyone", {OPEN: "static"}, framed=True),
    Surface("health", "web.health", "any", "", "anyone", {OPEN: "alive ready"}),
    Surface("certificates", "web.platform.certificates", "any", "/certificates", "anyone", {OPEN: "allowed"}),
    Surface("hooks", "web.hooks", "platform", "/hooks", "anyone", {OPEN: "ses"}),

    Surface("platform", "web.platform", "platform", "", "visitor", {
        OPEN: "landing pricing sign_up request_sign_up sign_up_sent check_address verify open_workspace"
              " find_workspace send_workspaces workspaces_sent"}),

    Surface("console", "web.console.sign_in", "tenant", "/console", "visitor", {
        OPEN: "sign_in start_session sign_out reset request_reset reset_sent new_password set_password enter"
              " second_step finish_session"}),
    Surface("console.mailed", "web.console.mailed", "tenant", "/console", "visitor", {
        OPEN: "invitation accept address confirm_address"}),
    Surface("console.profile", "web.console.profile", "tenant", "/console/profile", "staff", {
        "profile.edit": "index save ask_for_address drop_address change_password leaving leave"}),
    Surface("console.support", "web.console.support", "tenant", "/console/support", "visitor", {
        OPEN: "enter leave ended"}),
    Surface("console.home", "web.console.home", "tenant", "/console", "staff", {
        "console.read": "index guide put_steps_away bring_steps_back",
        "responses.read": "low_answers look_at_all"}),
    Surface("console.patterns", "web.console.patterns", "tenant", "/console", "staff", {
        "console.read": "index show try_out"}),
    Surface("console.appearance", "web.console.appearance", "tenant", "/console", "staff", {
        "console.read": "save"}),
    Surface("console.security", "web.console.security", "tenant", "/console/security", "staff", {
        "console.read": "index end_session end_other_sessions proof check_proof download"}),
    Surface("console.second_factor", "web.console.security.second_factor", "tenant",
            "/console/security/second-factor", "staff", {
                "console.read": "show offer_app app confirm_app renew_codes removal turn_off"},
            fresh="offer_app renew_codes", enrolment=True),
    Surface("console.surveys", "web.console.surveys", "tenant", "/console/surveys", "staff", {
        "surveys.read": "index share qr_svg qr_png preview walk_preview",
        "surveys.edit": "gallery manage create duplicate editor save remove_page remove archive restore move"
                        " hand_on set_identity",
        "surveys.publish": "publication publish withdrawal withdraw",
        "surveys.delete": "deletion delete",
        "results.read": "results",
        "responses.read": "responses response",
        "responses.export": "csv xlsx export start_export"},
            fresh="csv xlsx start_export"),
    Surface("console.invitations", "web.console.surveys.invitations", "tenant", "/console/surveys", "staff", {
        "customers.read": "rounds show",
        "contacts.write": "new start pause resume cancellation cancel"}),
    Surface("console.customers", "web.console.customers", "tenant", "/console/customers", "staff", {
        "customers.read": "consent contacts index person details company_list company save_view delete_view"
                          " interaction interaction_file segment_list segment count_segment count_fitting",
        "customers.edit": "record_consent new create save new_company create_company edit_company save_company"
                          " choose_bulk start_bulk"
                          " new_interaction log_interaction find_people edit_interaction save_interaction"
                          " interaction_removal delete_interaction add_interaction_files",
        "segments.edit": "new_segment create_segment save_segment duplicate_segment freezing_segment freeze_segment"
                         " archive_segment restore_segment segment_deletion delete_segment",
        "customers.export": "export export_chosen start_export start_company_export"},
            fresh="start_export start_company_export", bulky="log_interaction add_interaction_files"),
    Surface("console.tasks", "web.console.tasks", "tenant", "/console/tasks", "staff", {
        "customers.read": "index task of_person",
        "tasks.edit": "new create save hand_on finish cancel reopen"}),
    Surface("console.customers.mails", "web.console.mails", "tenant", "/console/customers", "staff", {
        "mail.manage": "unknown mail file whole assign add_customer set_aside evidence",
        "customers.read": "returned"}),
    Surface("console.writing", "web.console.customers.writing", "tenant", "/console/customers", "staff", {
        "contacts.write": "new send outlook preview"}),
    Surface("console.survey_link", "web.console.customers.survey_link", "tenant", "/console/customers", "staff", {
        "contacts.write": "new make"}),
    Surface("console.imports", "web.console.customers.imports", "tenant", "/console/customers/imports", "staff", {
        "customers.import": "import_list create mapping choose show start undoing undo"},
            bulky="create"),
    Surface("console.duplicates", "web.console.customers.duplicates", "tenant", "/console/customers", "staff", {
        "customers.merge": "pairs search compare merge dismiss undo"}),
    Surface("console.company_merges", "web.console.customers.company_merges", "tenant",
            "/console/customers/companies", "staff", {"customers.merge": "alike compare merge dismiss undo"}),
    Surface("console.search", "web.console.search", "tenant", "/console", "staff", {"console.read": "index"}),
    Surface("console.jobs", "web.console.jobs", "tenant", "/console/jobs", "staff", {
        "console.read": "index bell job cancel start_again result errors"},
            fresh="start_again result errors"),
    Surface("console.settings", "web.console.settings", "tenant", "/console/settings", "staff", {
        "brand.edit": "brand save_look save_logo remove_logo",
        "support.grant": "support create_support_grant support_grant revoke_support_grant",
        "diagnostics.read": "diagnostics",
        "settings.edit": "languages save_languages save_zone portal save_portal",
        "providers.manage": "new_provider add_provider provider save_provider check_provider turn_provider_on"
                            " turn_provider_off provider_removal remove_provider",
        "domains.manage": "domains add_domain domain check_domain lead_to_domain stay_at_subdomain"
                          " domain_removal give_up_domain",
        "mail.manage": "senders add_sender save_reply_to sender check_sender send_from_sender"
                       " stop_sending_from_sender sender_removal give_up_sender"
                       " outgoing outgoing_mail note_outgoing_arrival send_outgoing_again",
        "webhooks.read": "webhooks webhook webhook_delivery",
        "webhooks.manage": "new_webhook add_webhook edit_webhook save_webhook try_webhook hold_webhook"
                           " release_webhook webhook_shutdown turn_webhook_off webhook_deletion drop_webhook"
                           " webhook_secret webhook_rotation renew_webhook_secret resend_webhook_delivery"
                           " resend_webhook_failures",
        "api_keys.manage": "api_keys api_key create_api_key limit_api_key api_key_rotation rotate_api_key"
                           " end_old_secret confirm_revocation revoke_api_key",
        "audit.read": "audit_log audit_entry",
        "audit.export": "export_audit",
        "contacts.manage": "contact_rules save_budget save_quiet_hours save_consent_rules save_soft_bounces"
                           " purposes_list save_wording add_topic topic save_topic archive_topic restore_topic"
                           " suppressions add_suppression suppression lift_suppression import_suppressions"
                           " export_suppressions",
        "attributes.edit": "attributes new_attribute add_attribute attribute save_attribute archive_attribute"
                           " restore_attribute",
        "staff.read": "people_list roles person",
        "staff.manage": "invitation invite resend_invitation withdraw_invitation change_role removal remove",
        "workspace.transfer": "ownership_page transfer",
        "security.manage": "security save_security second_factor_removal reset_second_factor"},
            fresh="export_suppressions create_api_key rotate_api_key save_security reset_second_factor export_audit"
                  " create_support_grant"
                  " add_webhook save_webhook webhook_secret renew_webhook_secret"
                  " invite change_role remove"
                  " add_domain lead_to_domain give_up_domain"
                  " add_sender send_from_sender give_up_sender"
                  " turn_provider_on"),

    Surface("portal.door", "web.portal.door", "tenant", "/portal/sign-in", "guest", {
        OPEN: "sign_in ask code check_code link follow_link who choose set_language"}),
    Surface("portal.openid", "web.portal.openid", "tenant", "/portal/sign-in", "guest", {
        OPEN: "start callback unknown"}),
    Surface("portal.accounts", "web.portal.openid_accounts", "tenant", "/portal/accounts", "portal", {
        OPEN: "connect disconnect"}),
    Surface("portal", "web.portal.pages", "tenant", "/portal", "portal", {
        OPEN: "index places end_place end_other_places sign_out set_language preferences"
              " data data_part download correction correct ask_for_email email_code check_email_code"
              " prove mail_proof"
              " erasure ask_for_erasure withdraw_erasure"}),

    Surface("operator", "web.platform.operator.door", "platform", "/operator", "visitor", {
        OPEN: "sign_in start_session second_factor check_second_factor sign_out new_account finish_set_up"}),
    Surface("operator.overview", "web.platform.operator.overview", "platform", "/operator", "operator", {
        OPEN: "index"}),
    Surface("operator.tenants", "web.platform.operator.tenants", "platform", "/operator/workspaces", "operator", {
        OPEN: "index detail look suspension suspend reopening reopen"}),
    Surface("operator.failures", "web.platform.operator.failures", "platform", "/operator/failures", "operator", {
        OPEN: "index jobs retry_job retry_jobs deliveries retry_deliveries of_tenant retry_delivery"}),
    Surface("operator.work", "web.platform.operator.work", "platform", "/operator/work", "operator", {
        OPEN: "index send_again"}),
    Surface("operator.mail", "web.platform.operator.mail", "platform", "/operator/mail", "operator", {
        OPEN: "index"}),
    Surface("operator.cells", "web.platform.operator.cells", "platform", "/operator/cells", "operator", {
        OPEN: "index change"}),
    Surface("operator.migrations", "web.platform.operator.migrations",
            "platform", "/operator/migrations", "operator", {
        OPEN: "index run"}),
    Surface("operator.support", "web.platform.operator.support", "platform", "/operator/support", "operator", {
        OPEN: "index open_workspace"}),
    Surface("operator.abuse", "web.platform.operator.abuse", "platform", "/operator/abuse", "operator", {
        OPEN: "index detail decide"}),
    Surface("operator.record", "web.platform.operator.record", "platform", "/operator/record", "operator", {
        OPEN: "index"}),
    Surface("operator.account", "web.platform.operator.account", "platform", "/operator/account", "operator", {
        OPEN: "index change_password renew_codes end_others"}),

    Surface("public.brand", "web.public.brand", "tenant", "", "anyone", {OPEN: "stylesheet logo"}, framed=True),
    Surface("public.reports", "web.public.reports", "tenant", "/report", "anyone", {
        OPEN: "report send_report report_sent"}, framed=True),
    Surface("api_description", "web.api.description", "tenant", "/api/v1", "anyone", {OPEN: "openapi"}),
    Surface("api_v1.surveys", "web.api.v1.surveys", "tenant", "/api/v1", "key", {
        "surveys.read": "list_surveys get_survey get_draft",
        "surveys.edit": "create_survey change_survey archive_survey restore_survey replace_draft",
        "surveys.delete": "delete_survey"}),
    Surface("api_v1.versions", "web.api.v1.versions", "tenant", "/api/v1", "key", {
        "surveys.read": "list_versions get_version get_publication",
        "surveys.publish": "publish_survey open_publication withdraw_publication"}),
    Surface("api_v1.responses", "web.api.v1.responses", "tenant", "/api/v1", "key", {
        "responses.read": "list_responses get_response",
        "responses.create": "create_response"}),
    Surface("api_v1.invitations", "web.api.v1.invitations", "tenant", "/api/v1", "key", {
        "customers.read": "list_invitations get_invitations",
        "contacts.write": "invite_segment pause_invitations resume_invitations cancel_invitations"}),
    Surface("api_v1.webhooks", "web.api.v1.webhooks", "tenant", "/api/v1", "key", {
        "webhooks.read": "list_webhooks get_webhook list_webhook_deliveries get_webhook_delivery",
        "webhooks.manage": "create_webhook change_webhook delete_webhook rotate_webhook_secret pause_webhook"
                           " resume_webhook send_webhook_test replay_webhook_delivery replay_webhook_failures"}),
    Surface("api_v1.people", "web.api.v1.people", "tenant", "/api/v1", "key", {
        "customers.read": "list_people get_person",
        "customers.edit": "create_person change_person"}),
    Surface("api_v1.bounces", "web.api.v1.bounces", "tenant", "/api/v1", "key", {"customers.read": "list_bounces"}),
    Surface("api_v1.inbound_mails", "web.api.v1.inbound_mails", "tenant", "/api/v1", "key", {
        "mail.manage": "list_inbound_mails get_inbound_mail"}),
    Surface("api_v1.sender_domains", "web.api.v1.sender_domains", "tenant", "/api/v1", "key", {
        "mail.manage": "list_sender_domains create_sender_domain get_sender_domain check_sender_domain"}),
    Surface("api_v1.outgoing_mails", "web.api.v1.outgoing_mails", "tenant", "/api/v1", "key", {
        "mail.manage": "list_outgoing_mails get_outgoing_mail note_mail_arrival send_mail_again"}),
    Surface("api_v1.merges", "web.api.v1.merges", "tenant", "/api/v1", "key", {
        "customers.read": "list_person_merges list_company_merges",
        "customers.merge": "merge_person merge_company undo_person_merge undo_company_merge"}),
    Surface("api_v1.duplicates", "web.api.v1.duplicates", "tenant", "/api/v1", "key", {
        "customers.merge": "list_duplicates list_company_duplicates dismiss_duplicate dismiss_company_duplicate"}),
    Surface("api_v1.survey_links", "web.api.v1.survey_links", "tenant", "/api/v1", "key", {
        "customers.read": "list_survey_links",
        "contacts.write": "create_survey_link revoke_survey_link"}),
    Surface("api_v1.views", "web.api.v1.views", "tenant", "/api/v1", "key", {"customers.read": "list_views"}),
    Surface("api_v1.imports", "web.api.v1.imports", "tenant", "/api/v1", "key", {
        "customers.import": "list_imports create_import get_import run_import get_import_errors undo_import"},
            bulky="create_import"),
    Surface("api_v1.exports", "web.api.v1.exports", "tenant", "/api/v1", "key", {
        "customers.export": "export_people export_companies get_export download_export",
        "contacts.manage": "export_suppressions get_suppression_export download_suppression_export"}),
    Surface("api_v1.companies", "web.api.v1.companies", "tenant", "/api/v1", "key", {
        "customers.read": "list_companies get_company",
        "customers.edit": "create_company change_company"}),
    Surface("api_v1.interactions", "web.api.v1.interactions", "tenant", "/api/v1", "key", {
        "customers.read": "list_interactions get_interaction get_person_timeline get_company_timeline"
                          " get_interaction_file",
        "customers.edit": "log_interaction change_interaction add_interaction_file",
        "customers.delete": "delete_interaction"},
            bulky="add_interaction_file"),
    Surface("api_v1.messages", "web.api.v1.messages", "tenant", "/api/v1", "key", {
        "customers.read": "get_message",
        "contacts.write": "write_to_person"}),
    Surface("api_v1.tasks", "web.api.v1.tasks", "tenant", "/api/v1", "key", {
        "customers.read": "list_tasks get_task",
        "tasks.edit": "create_task change_task complete_task reopen_task cancel_task"}),
    Surface("api_v1.segments", "web.api.v1.segments", "tenant", "/api/v1", "key", {
        "customers.read": "get_segment_fields list_segments get_segment count_rule count_segment"
                          " list_segment_members",
        "segments.edit": "create_segment change_segment delete_segment freeze_segment archive_segment"
                         " restore_segment"}),
    Surface("api_v1.attributes", "web.api.v1.attributes", "tenant", "/api/v1", "key", {
        "customers.read": "list_attributes get_attribute",
        "attributes.edit": "create_attribute change_attribute"}),
    Surface("api_v1.consents", "web.api.v1.consents", "tenant", "/api/v1", "key", {
        "customers.read": "list_consents list_contacts_made",
        "customers.edit": "create_consent",
        "contacts.manage": "get_link_key renew_link_key"}),
    Surface("api_v1.preferences", "web.api.v1.preferences", "tenant", "/api/v1", "key", {
        "customers.read": "get_preferences",
        "customers.edit": "change_preferences"}),
    Surface("api_v1.contact_settings", "web.api.v1.contact_settings", "tenant", "/api/v1", "key", {
        "customers.read": "list_purposes list_topics get_topic",
        "contacts.manage": "create_topic change_topic get_contact_rules replace_contact_rules"}),
    Surface("api_v1.suppressions", "web.api.v1.suppressions", "tenant", "/api/v1", "key", {
        "contacts.manage": "list_suppressions create_suppression get_suppression lift_suppression"}),
    Surface("api_v1.results", "web.api.v1.results", "tenant", "/api/v1", "key", {"results.read": "get_results"}),

    Surface("public.preferences", "web.public.preferences", "tenant", "/u", "anyone", {
        OPEN: "unsubscribe press preferences_page save_preferences turn_off confirmation confirm"
              " ask_for_link send_link"}, framed=True),
    Surface("public.surveys", "web.public.surveys", "tenant", "/s", "anyone", {
        OPEN: "page submit save_progress thanks"}, framed=True),
)
# fmt: on

TO_SUPPORT = frozenset({"console.home", "console.appearance", "console.surveys", "console.settings"})
"""Surfaces that the vendor's support may enter on a grant of the tenant, as far as the grant's permissions go."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What the policy says about one endpoint."""

    surface: Surface
    permission: str
    fresh: bool = False
    """Whether the password must have been typed within the last quarter of an hour."""
    bulky: bool = False
    """Whether a large file may come."""


def policy() -> dict[str, Grant]:
    """Endpoint to grant, for every line of SURFACES."""
    return {
        endpoint: Grant(
            surface,
            permission,
            fresh=endpoint.rpartition(".")[2] in surface.fresh.split(),
            bulky=endpoint.rpartition(".")[2] in surface.bulky.split(),
        )
        for surface in SURFACES
        for endpoint, permission in surface.grants()
    }
