"""Every route stands in the access policy, and the policy says nothing about routes that are not there."""

from tenants.permissions import PERMISSIONS, ROLES, SCOPES
from web.surfaces import OPEN, SURFACES, policy

WITHOUT_SIGN_IN = {
    "certificates",
    "hooks",
    "static",
    "health",
    "platform",
    "console",
    "console.mailed",
    "console.support",
    "operator",
    "public.brand",
    "public.preferences",
    "public.reports",
    "public.surveys",
    "portal.door",
    "portal.openid",
    "api_description",
}
"""Surfaces that anybody may reach. A new one is a decision, not an accident."""


def test_every_route_stands_in_the_policy(bare_app):
    missing = {rule.endpoint for rule in bare_app.url_map.iter_rules()} - set(policy())
    assert not missing, f"refused to everybody until a table in web/access names them: {sorted(missing)}"


def test_every_line_of_the_policy_has_its_route(bare_app):
    routes = {rule.endpoint for rule in bare_app.url_map.iter_rules()}
    assert not set(policy()) - routes


def test_no_endpoint_is_named_twice():
    named = [endpoint for surface in SURFACES for endpoint, _ in surface.grants()]
    assert len(named) == len(set(named))


def test_routes_stand_below_their_surfaces_prefix(bare_app):
    for rule in bare_app.url_map.iter_rules():
        assert rule.rule.startswith(policy()[rule.endpoint].surface.prefix), rule


def test_only_known_permissions_are_asked_for():
    for surface in SURFACES:
        for endpoint, permission in surface.grants():
            assert permission == OPEN or permission in PERMISSIONS, endpoint
            if surface.who in ("staff", "key"):
                assert permission != OPEN, f"{endpoint} asks for no permission"
            else:
                assert permission == OPEN, f"{endpoint} asks nobody for a permission"
            if surface.who == "key":
                assert permission in SCOPES, f"no API key can hold {permission}"


def test_what_anybody_may_reach_is_listed_here_too():
    open_to_all = {surface.name for surface in SURFACES if surface.who in ("anyone", "visitor", "guest")}
    assert open_to_all == WITHOUT_SIGN_IN


def test_whoever_writes_a_form_is_protected_or_brings_a_signed_token(bare_app):
    for rule in bare_app.url_map.iter_rules():
        surface = policy()[rule.endpoint].surface
        if surface.who == "anyone" and rule.methods and rule.methods & {"POST", "PUT", "PATCH", "DELETE"}:
            assert surface.name in ("public.surveys", "public.reports", "public.preferences", "hooks"), (
                f"{rule.endpoint} writes without form protection"
            )


def test_every_permission_is_somebodys_and_every_scope_is_a_permission():
    assert set(SCOPES) <= set(PERMISSIONS)
    for permission, roles in PERMISSIONS.items():
        assert roles, permission
        assert roles <= set(ROLES), permission


def test_reading_never_needs_post_and_writing_never_works_by_get(bare_app):
    """A GET whose endpoint begins with a verb of change would be done by every link checker."""
    verbs = (
        "save",
        "create",
        "delete_",
        "publish",
        "revoke",
        "set_password",
        "start_",
        "remove_l",
        "submit",
        "request_",
    )
    for rule in bare_app.url_map.iter_rules():
        name = rule.endpoint.rpartition(".")[2]
        if name.startswith(verbs):
            assert "GET" not in (rule.methods or ()), rule


def test_what_wants_the_password_typed_again_is_there_and_is_for_staff():
    for surface in SURFACES:
        named = {endpoint.rpartition(".")[2] for endpoint, _ in surface.grants()}
        assert set(surface.fresh.split()) <= named, surface.name
        assert surface.who == "staff" or not surface.fresh, surface.name


def test_only_the_set_up_of_a_second_factor_is_open_to_who_lacks_one():
    assert [surface.name for surface in SURFACES if surface.enrolment] == ["console.second_factor"]
