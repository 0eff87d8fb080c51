"""What programs may reach with an API key, and at which scope; its description is open."""

from web.access.surface import OPEN, Surface

# fmt: off
TABLE: tuple[Surface, ...] = (
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
    Surface("api_v1.people_changes", "web.api.v1.people_changes", "tenant", "/api/v1", "key", {
        "customers.read": "get_people_change get_people_change_errors",
        "customers.edit": "change_people"}),
    Surface("api_v1.bounces", "web.api.v1.bounces", "tenant", "/api/v1", "key", {"customers.read": "list_bounces"}),
    Surface("api_v1.inbound_mails", "web.api.v1.inbound_mails", "tenant", "/api/v1", "key", {
        "mail.manage": "list_inbound_mails get_inbound_mail assign_inbound_mail add_inbound_mail_sender"
                       " set_inbound_mail_aside"}),
    Surface("api_v1.sender_domains", "web.api.v1.sender_domains", "tenant", "/api/v1", "key", {
        "mail.manage": "list_sender_domains create_sender_domain get_sender_domain check_sender_domain"}),
    Surface("api_v1.outgoing_mails", "web.api.v1.outgoing_mails", "tenant", "/api/v1", "key", {
        "mail.manage": "list_outgoing_mails get_outgoing_mail note_mail_arrival send_mail_again"}),
    Surface("api_v1.merges", "web.api.v1.merges", "tenant", "/api/v1", "key", {
        "customers.read": "list_person_merges list_company_merges",
        "customers.merge": "merge_person merge_company undo_person_merge undo_company_merge"}),
    Surface("api_v1.duplicates", "web.api.v1.duplicates", "tenant", "/api/v1", "key", {
        "customers.merge": "list_duplicates list_company_duplicates dismiss_duplicate dismiss_company_duplicate"
                           " search_duplicates get_duplicate_search"}),
    Surface("api_v1.survey_links", "web.api.v1.survey_links", "tenant", "/api/v1", "key", {
        "customers.read": "list_survey_links",
        "contacts.write": "create_survey_link revoke_survey_link"}),
    Surface("api_v1.views", "web.api.v1.views", "tenant", "/api/v1", "key", {
        "customers.read": "list_views get_view",
        "customers.edit": "create_view change_view delete_view"}),
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
    Surface("api_v1.suppression_imports", "web.api.v1.suppression_imports", "tenant", "/api/v1", "key", {
        "contacts.manage": "import_suppressions get_suppression_import get_suppression_import_errors"},
            bulky="import_suppressions"),
    Surface("api_v1.results", "web.api.v1.results", "tenant", "/api/v1", "key", {"results.read": "get_results"}),
)
# fmt: on
