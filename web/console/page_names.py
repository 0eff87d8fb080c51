"""What a page or a deed of the console is called in a sentence: "looked at the page “Results of a survey”".

A visit of support is recorded by endpoints; people read these names. A page that support may open has a name of
its own here (a test sees to it); of any other one, which support can only have been refused, the section is named.
"""

from collections.abc import Mapping

from infra.i18n import N_

# fmt: off
NAMES: Mapping[str, str] = {
    "console.home.index": N_("Home"),
    "console.home.guide": N_("Help"),
    "console.home.put_steps_away": N_("Put the first steps away"),
    "console.home.bring_steps_back": N_("Bring the first steps back"),
    "console.home.low_answers": N_("Low answers"),
    "console.home.look_at_all": N_("Mark all low answers as seen"),
    "console.appearance.save": N_("Light or dark"),
    "console.surveys.index": N_("Surveys"),
    "console.surveys.share": N_("Share a survey"),
    "console.surveys.qr_svg": N_("QR code of a survey"),
    "console.surveys.qr_png": N_("QR code of a survey"),
    "console.surveys.preview": N_("Preview of a survey"),
    "console.surveys.walk_preview": N_("Preview of a survey"),
    "console.surveys.gallery": N_("Templates of surveys"),
    "console.surveys.manage": N_("Manage a survey"),
    "console.surveys.create": N_("Make a survey"),
    "console.surveys.duplicate": N_("Copy a survey"),
    "console.surveys.editor": N_("Editor of a survey"),
    "console.surveys.save": N_("Change the questions of a survey"),
    "console.surveys.remove_page": N_("Remove a part of a survey"),
    "console.surveys.remove": N_("Remove a part of a survey"),
    "console.surveys.archive": N_("Archive a survey"),
    "console.surveys.restore": N_("Bring a survey back from the archive"),
    "console.surveys.move": N_("Move a part of a survey"),
    "console.surveys.hand_on": N_("Leave a survey to somebody else"),
    "console.surveys.set_identity": N_("Say whether answers name the customer"),
    "console.surveys.publication": N_("Publish a survey"),
    "console.surveys.publish": N_("Publish a survey"),
    "console.surveys.withdrawal": N_("Close a survey"),
    "console.surveys.withdraw": N_("Close a survey"),
    "console.surveys.results": N_("Results of a survey"),
    "console.surveys.responses": N_("Answers of a survey"),
    "console.surveys.response": N_("One answer of a survey"),
    "console.surveys.response_file": N_("A file of an answer"),
    "console.settings.brand": N_("Brand"),
    "console.settings.save_look": N_("Change colour and type of the brand"),
    "console.settings.save_logo": N_("Upload a logo"),
    "console.settings.remove_logo": N_("Remove the logo"),
    "console.settings.diagnostics": N_("Diagnostics"),
}
SECTIONS: Mapping[str, str] = {
    "console.home.": N_("Home"),
    "console.surveys.": N_("Surveys"),
    "console.settings.": N_("Settings"),
    "console.jobs.": N_("Background work"),
    "console.search.": N_("Search"),
    "console.profile.": N_("Your profile"),
    "console.security.": N_("Sign-in and security"),
    "console.second_factor.": N_("Sign-in and security"),
}
# fmt: on
ELSEWHERE = N_("another page of the console")


def name_of(endpoint: str) -> str:
    """The message for an endpoint, to be said in the reader's language."""
    known = NAMES.get(endpoint)
    return known or next((name for start, name in SECTIONS.items() if endpoint.startswith(start)), ELSEWHERE)
