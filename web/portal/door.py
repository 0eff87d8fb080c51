"""`/portal/sign-in`: asking for a mail, typing its code, pressing its link, and saying who one is."""

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as Answer

from customers.models import Identity, PortalProof
from customers.portal import jobs, proofs, throttle
from customers.portal.errors import ProofOver
from customers.portal.names import first_name
from infra.crypto.columns import or_none
from infra.errors import TooMany
from infra.jobs import enqueue
from web import tenancy
from web.forms import Form
from web.portal import entry, language
from web.schemas.portal import AskForm, CodeForm, WhoForm

blueprint = Blueprint("door", __name__)

ASKED, PROVED, KNOWN = "portal_asked", "portal_proved", "portal_known"
"""Where the browser's signed cookie keeps which proof it asked for, which one it has spent, and the marks of the
mailboxes that it has proved."""
MOST_KNOWN = 5

Page = str | Answer | tuple[str, int] | tuple[str, int, dict[str, str]]


@blueprint.get("")
def sign_in() -> Page:
    """The form; whoever is signed in already goes on."""
    if entry.find() is not None:
        return redirect(_onward() or entry.HOME)
    return render_template("portal/sign_in.html", form=Form(), onward=_onward())


@blueprint.post("")
def ask() -> Page:
    """Has a mail sent to whoever has the address. The same answer, and the same work, for every address."""
    form = Form.submitted(AskForm)
    index = proofs.index_of(form.typed["email"]) if not form.problems else b""
    if form.attempt(lambda typed: count(index)):
        mail(index, _onward())
        return redirect(url_for(".code"), 303)
    waits = [problem.retry_after for problem in form.problems.get("", []) if isinstance(problem, TooMany)]
    headers = {"Retry-After": str(max(waits))} if waits else {}
    page = render_template("portal/sign_in.html", form=form, onward=_onward(), waiting=_asked() is not None)
    return page, form.status, headers


def count(index: bytes) -> None:
    """Counts that this browser asks for a mailbox. Raises TooMany."""
    known = throttle.mark(index).hex() in session.get(KNOWN, ())
    throttle.count(tenancy.session(), index, request.remote_addr or "", known=known)


def mail(index: bytes, onward: str) -> None:
    """Has a mail sent to whoever has the mailbox; this browser may type its code. `count` comes before."""
    tenancy.checkpoint()
    db = tenancy.session()
    proof = proofs.ask(db, index, onward=onward, instead_of=_asked())
    enqueue(db, jobs.send_proof, proof_id=str(proof.id))
    session[ASKED] = proof.id.hex
    session.pop(PROVED, None)


@blueprint.get("/code")
def code() -> Page:
    """Look into your mailbox, and the field for the code."""
    if _asked() is None:
        return redirect(url_for(".sign_in"), 303)
    return render_template("portal/code.html", form=Form())


@blueprint.post("/code")
def check_code() -> Page:
    """Counts the try, commits the count, then checks the code."""
    form, db, asked = Form.submitted(CodeForm), tenancy.session(), _asked()
    if asked is None:
        return redirect(url_for(".sign_in"), 303)
    try:
        if form.attempt(lambda typed: proofs.count_try(db, asked)):
            tenancy.checkpoint()
            if form.attempt(lambda typed: proofs.spend_code(db, asked, typed["code"])):
                return _proved(form.result, "code")
    except ProofOver as over:
        return _over(over)
    if any(isinstance(each, ProofOver) for each in form.problems.get("", ())):
        return _over(ProofOver())
    return render_template("portal/code.html", form=form), form.status


@blueprint.get("/link/<token>")
def link(token: str) -> Page:
    """One button. A mail scanner that opens the link spends nothing."""
    try:
        proof = proofs.look(tenancy.session(), token)
    except ProofOver as over:
        return _over(over)
    return _untold(render_template("portal/link.html", token=token, mailbox=_masked(proof)))


@blueprint.post("/link/<token>")
def follow_link(token: str) -> Page:
    """Spends the link."""
    try:
        return _proved(proofs.spend_link(tenancy.session(), token), "link")
    except ProofOver as over:
        return _over(over)


@blueprint.get("/who")
def who() -> Page:
    """Which of those who share the mailbox; first names only."""
    proof = _spent()
    if proof is None:
        return redirect(url_for(".sign_in"), 303)
    found = [(person.id, first_name(person)) for person in proofs.people_of(tenancy.session(), proof.address_index)]
    return render_template("portal/who.html", form=Form(), found=found)


@blueprint.post("/who")
def choose() -> Page:
    """Signs in as the one who was chosen."""
    proof, form = _spent(), Form.submitted(WhoForm)
    if proof is None or form.problems:
        return redirect(url_for(".who" if proof else ".sign_in"), 303)
    try:
        return _enter(proof, form.typed["person"])
    except ProofOver as over:
        return _over(over)


@blueprint.post("/language")
def set_language() -> Answer:
    """The pages speak it in this browser from now on."""
    language.choose()
    return language.back(url_for(".sign_in"))


def _proved(proof: PortalProof, how: str) -> Page:
    """In, or asked who they are where a mailbox is shared."""
    session.pop(ASKED, None)
    session[PROVED] = [proof.id.hex, how]
    found = proofs.people_of(tenancy.session(), proof.address_index)
    if len(found) > 1:
        return redirect(url_for(".who"), 303)
    return _enter(proof)


def _enter(proof: PortalProof, person_id: UUID | None = None) -> Answer:
    how = str(session[PROVED][1])
    person = proofs.choose(tenancy.session(), proof.id, person_id)
    session.pop(PROVED, None)
    _remember(proof)
    return entry.let_in(person, how, proof.onward)


def _remember(proof: PortalProof) -> None:
    """Whoever was in by this browser is not kept out by what others ask for."""
    mark = throttle.mark(proof.address_index).hex()
    session[KNOWN] = [mark, *(each for each in session.get(KNOWN, ()) if each != mark)][:MOST_KNOWN]


def _over(over: ProofOver) -> Page:
    """What happened, and the way to a new mail."""
    return _untold(render_template("portal/over.html", refusal=over), 410)


def _untold(page: str, status: int = 200) -> Response:
    """The address holds a token: it is told to no other page."""
    answer = make_response(page, status)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _asked() -> UUID | None:
    kept = session.get(ASKED)
    return UUID(hex=kept) if isinstance(kept, str) else None


def _spent() -> PortalProof | None:
    kept = session.get(PROVED)
    try:
        return proofs.proved(tenancy.session(), UUID(hex=kept[0])) if kept else None
    except ProofOver:
        return None


def _masked(proof: PortalProof) -> str:
    """The mailbox so that its owner knows it, and whoever is sent a stranger's link sees that it is one."""
    found = proofs.people_of(tenancy.session(), proof.address_index)
    identity = tenancy.session().get(Identity, found[0].id) if found else None
    email = or_none(lambda: identity.email) if identity else None
    if not email:
        return ""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _onward() -> str:
    return entry.inside(request.values.get("next", "")) or ""
