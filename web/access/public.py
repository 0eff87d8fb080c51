"""What anybody may reach: health, the platform's own pages, surveys, preferences by signed links, reports."""

from web.access.surface import OPEN, Surface

# fmt: off
TABLE: tuple[Surface, ...] = (
    Surface("static", "", "any", "", "anyone", {OPEN: "static"}, framed=True),
    Surface("health", "web.health", "any", "", "anyone", {OPEN: "alive ready"}),
    Surface("certificates", "web.platform.certificates", "any", "/certificates", "anyone", {OPEN: "allowed"}),
    Surface("hooks", "web.hooks", "platform", "/hooks", "anyone", {OPEN: "ses"}),
    Surface("platform", "web.platform", "platform", "", "visitor", {
        OPEN: "landing pricing sign_up request_sign_up sign_up_sent check_address verify open_workspace"
              " find_workspace send_workspaces workspaces_sent"}),
    Surface("public.brand", "web.public.brand", "tenant", "", "anyone", {
        OPEN: "stylesheet logo picture"}, framed=True),
    Surface("public.reports", "web.public.reports", "tenant", "/report", "anyone", {
        OPEN: "report send_report report_sent"}, framed=True),
    Surface("public.preferences", "web.public.preferences", "tenant", "/u", "anyone", {
        OPEN: "unsubscribe press preferences_page save_preferences turn_off confirmation confirm"
              " ask_for_link send_link"}, framed=True),
    Surface("public.surveys", "web.public.surveys", "tenant", "/s", "anyone", {
        OPEN: "page submit save_progress upload thanks"}, framed=True),
)
# fmt: on
