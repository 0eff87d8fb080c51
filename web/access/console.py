"""What staff may reach, and at which permission; the console's doors too, at which nobody is signed in yet."""

from web.access.surface import OPEN, Surface

# fmt: off
TABLE: tuple[Surface, ...] = (
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
        "responses.read": "responses response response_file",
        "responses.export": "csv xlsx export start_export"},
            fresh="csv xlsx start_export", bulky="save"),
    Surface("console.invitations", "web.console.surveys.invitations", "tenant", "/console/surveys", "staff", {
        "customers.read": "rounds show",
        "contacts.write": "new choose_again look preview start pause resume cancellation cancel"}),
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
)
# fmt: on
