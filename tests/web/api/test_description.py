"""The OpenAPI document: valid, complete, and true."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tenants.permissions import SCOPES
from web.surfaces import policy

OPERATIONS = [
    "change_interaction",
    "delete_interaction",
    "get_company_timeline",
    "get_interaction",
    "get_person_timeline",
    "list_interactions",
    "log_interaction",
    "write_to_person",
    "get_message",
    "cancel_task",
    "change_task",
    "complete_task",
    "create_task",
    "get_task",
    "list_tasks",
    "reopen_task",
    "list_surveys",
    "create_survey",
    "get_survey",
    "change_survey",
    "delete_survey",
    "archive_survey",
    "restore_survey",
    "get_draft",
    "replace_draft",
    "list_versions",
    "publish_survey",
    "get_version",
    "get_publication",
    "open_publication",
    "withdraw_publication",
    "list_responses",
    "create_response",
    "get_response",
    "get_results",
    "list_webhooks",
    "create_webhook",
    "get_webhook",
    "change_webhook",
    "delete_webhook",
    "rotate_webhook_secret",
    "pause_webhook",
    "resume_webhook",
    "send_webhook_test",
    "list_webhook_deliveries",
    "get_webhook_delivery",
    "replay_webhook_delivery",
    "replay_webhook_failures",
    "list_people",
    "create_person",
    "get_person",
    "change_person",
    "merge_company",
    "list_imports",
    "create_import",
    "get_import",
    "run_import",
    "get_import_errors",
    "undo_import",
    "export_people",
    "export_suppressions",
    "get_suppression_export",
    "download_suppression_export",
    "export_companies",
    "get_export",
    "download_export",
    "list_companies",
    "create_company",
    "get_company",
    "change_company",
    "list_attributes",
    "create_attribute",
    "get_attribute",
    "change_attribute",
    "change_segment",
    "count_rule",
    "count_segment",
    "create_consent",
    "create_segment",
    "create_suppression",
    "delete_segment",
    "get_link_key",
    "get_segment",
    "get_segment_fields",
    "get_suppression",
    "lift_suppression",
    "list_bounces",
    "change_people",
    "get_people_change",
    "get_people_change_errors",
    "import_suppressions",
    "get_suppression_import",
    "get_suppression_import_errors",
    "search_duplicates",
    "get_duplicate_search",
    "list_inbound_mails",
    "assign_inbound_mail",
    "add_inbound_mail_sender",
    "set_inbound_mail_aside",
    "list_invitations",
    "invite_segment",
    "get_invitations",
    "pause_invitations",
    "resume_invitations",
    "cancel_invitations",
    "freeze_segment",
    "archive_segment",
    "restore_segment",
    "add_interaction_file",
    "get_interaction_file",
    "get_inbound_mail",
    "list_consents",
    "list_contacts_made",
    "list_segment_members",
    "list_segments",
    "list_suppressions",
    "merge_person",
    "renew_link_key",
    "get_preferences",
    "change_preferences",
    "list_purposes",
    "list_topics",
    "create_topic",
    "get_topic",
    "change_topic",
    "get_contact_rules",
    "replace_contact_rules",
    "list_sender_domains",
    "create_sender_domain",
    "get_sender_domain",
    "check_sender_domain",
    "list_outgoing_mails",
    "get_outgoing_mail",
    "note_mail_arrival",
    "send_mail_again",
    "list_person_merges",
    "list_company_merges",
    "undo_person_merge",
    "undo_company_merge",
    "list_duplicates",
    "list_company_duplicates",
    "dismiss_duplicate",
    "dismiss_company_duplicate",
    "list_survey_links",
    "create_survey_link",
    "revoke_survey_link",
    "list_views",
    "get_view",
    "create_view",
    "change_view",
    "delete_view",
]
WRITES = {"post", "put", "patch", "delete"}


@pytest.fixture
def document(visitor, acme) -> dict[str, Any]:
    """The document as anybody gets it."""
    answer = visitor().at(acme).get("/api/v1/openapi.json")
    assert answer.mimetype == "application/json"
    return dict(answer.get_json())


def operations(document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"] == "3.1.0"
    validate(document)


def test_the_ids_of_operations_are_stable(document):
    assert sorted(operation["operationId"] for _, _, operation in operations(document)) == sorted(OPERATIONS)


def test_every_route_is_described_and_everything_described_is_a_route(app, document):
    routes = {
        (
            rule.rule.replace("<uuid:", "{").replace("<int(min=1,max=2147483647):", "{").replace(">", "}"),
            method.lower(),
        )
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api_v1.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, method, _ in operations(document)} == routes


def test_every_operation_says_what_it_is_and_which_scope_it_needs(document):
    for _, _, operation in operations(document):
        (permission,) = (
            grant.permission
            for endpoint, grant in policy().items()
            if endpoint.startswith("api_v1.") and endpoint.endswith("." + operation["operationId"])
        )
        assert operation["security"] == [{"key": [permission]}]
        assert permission in SCOPES
        assert operation["summary"]
        assert f"`{permission}`" in operation["description"]


def test_every_operation_names_its_errors_as_problems(document):
    for path, method, operation in operations(document):
        codes = set(operation["responses"])
        assert {"401", "403", "404", "429", "503"} <= codes
        if method in WRITES:
            assert {"400", "409", "413", "422"} <= codes
            assert "Idempotency-Key" in {parameter.get("name") for parameter in operation["parameters"]}, path
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            assert "415" in codes
        for code in codes:
            if code >= "400":
                name = operation["responses"][code]["$ref"].rpartition("/")[2]
                assert "application/problem+json" in document["components"]["responses"][name]["content"]


def test_every_list_has_a_cursor(document):
    for _, _, operation in operations(document):
        if operation["operationId"].startswith("list_"):
            assert {"cursor", "limit"} <= {parameter["name"] for parameter in operation["parameters"]}


def test_every_body_has_an_example_and_every_example_is_true_to_its_schema(document):
    registry = Registry().with_resource("urn:doc", Resource(document, DRAFT202012))
    for path, method, operation in operations(document):
        contents = [operation.get("requestBody", {}).get("content", {})]
        contents += [answer.get("content", {}) for answer in operation["responses"].values()]
        contents += [answer["content"] for answer in document["components"]["responses"].values()]
        for kind in (kind for content in contents for kind in content.values()):
            if kind["schema"].get("format") == "binary":
                continue  # a file
            schema = {"$ref": "urn:doc" + kind["schema"]["$ref"]}
            checker = OAS31Validator(schema, registry=registry, format_checker=oas31_format_checker)
            assert "example" in kind, (path, method)
            checker.validate(kind["example"])
