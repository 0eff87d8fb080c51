"""What customers may reach on their pages, and who stands at the door of these."""

from web.access.surface import OPEN, Surface

# fmt: off
TABLE: tuple[Surface, ...] = (
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
)
# fmt: on
