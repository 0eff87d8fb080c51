"""What those may reach who run Rapport, and the door at which they sign in."""

from web.access.surface import OPEN, Surface

# fmt: off
TABLE: tuple[Surface, ...] = (
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
)
# fmt: on
