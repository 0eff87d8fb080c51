"""What can go wrong with people, companies and their attributes, each with a stable code."""

from infra.errors import Conflict, Invalid, NotFound
from infra.i18n import N_


class PersonNotFound(NotFound):
    """No such person in this tenant, or one who was erased."""

    code = "person_not_found"
    message = N_("There is no such customer.")


class CompanyNotFound(NotFound):
    """No such company in this tenant."""

    code = "company_not_found"
    message = N_("There is no such company.")


class AttributeNotFound(NotFound):
    """No such attribute is declared here."""

    code = "attribute_not_found"
    message = N_("There is no such attribute.")


class ViewNotFound(NotFound):
    """No such saved view, or it is a colleague's own."""

    code = "view_not_found"
    message = N_("There is no such saved view.")


class PersonInvalid(Invalid):
    """What was given about a person cannot be stored; `problems` by field."""

    code = "person_invalid"
    message = N_("Some of what was entered about the customer cannot be accepted.")


class CompanyInvalid(Invalid):
    """What was given about a company cannot be stored; `problems` by field."""

    code = "company_invalid"
    message = N_("Some of what was entered about the company cannot be accepted.")


class AttributeInvalid(Invalid):
    """The attribute cannot be declared like this; `problems` by field."""

    code = "attribute_invalid"
    message = N_("The attribute cannot be declared like this.")


class ViewInvalid(Invalid):
    """The view cannot be saved like this; `problems` by field."""

    code = "view_invalid"
    message = N_("The view cannot be saved like this.")


class PersonChanged(Conflict):
    """Somebody else changed the person since they were read."""

    code = "person_changed"
    message = N_(
        "Somebody else has changed this customer in the meantime. What you typed is kept; look at it once more."
    )


class CompanyChanged(Conflict):
    """Somebody else changed the company since it was read."""

    code = "company_changed"
    message = N_(
        "Somebody else has changed this company in the meantime. What you typed is kept; look at it once more."
    )


class ExternalIdTaken(Conflict):
    """Another one has this external id, which is unique among people and among companies."""

    code = "external_id_taken"
    message = N_("Another customer already has this external id.")
    field = "external_id"


class CompanyIdTaken(ExternalIdTaken):
    """As ExternalIdTaken, among companies."""

    message = N_("Another company already has this external id.")


class AttributeCodeTaken(Conflict):
    """Another attribute has this code, perhaps one that is archived."""

    code = "attribute_code_taken"
    message = N_("Another attribute already has this code, perhaps one that is archived.")
    field = "code"


class TooManyAttributes(Conflict):
    """The limit of declared attributes is reached."""

    code = "too_many_attributes"
    message = N_("There are %(most)s attributes already, which is as many as there can be. Archive one first.")


class TooManyViews(Conflict):
    """The limit of saved views is reached."""

    code = "too_many_views"
    message = N_("There are %(most)s saved views already, which is as many as there can be. Delete one first.")
