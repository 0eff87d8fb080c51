"""What programs outside may hear of the register. Ids only: who may read names and addresses asks the API."""

from customers import events
from infra.i18n import N_
from tenants.webhooks.catalogue import SUBJECT, Field, telling

PERSON_ID = "0192f0e4-6b0f-7d1e-8c55-9a1f2b3c4d5e"
OTHER_ID = "0192f0e5-0a11-7b2c-9f3d-1e2f3a4b5c6d"
REQUEST_ID = "0192f0e6-2b33-7c4d-8e5f-6a7b8c9d0e1f"
COMPANY_ID = "0192f0e3-1c22-7e4f-8a9b-0c1d2e3f4a5b"
OTHER_COMPANY_ID = "0192f0e3-1c9a-7d21-9e4c-5b6a7c8d9e0f"
IMPORT_ID = "0192f0e6-2b41-7f0c-a1b2-c3d4e5f60718"


_of_person = telling(Field("person_id", "id", SUBJECT, "The customer.", PERSON_ID))
_of_company = telling(Field("company_id", "id", SUBJECT, "The company.", COMPANY_ID))
_of_import = telling(Field("import_id", "id", SUBJECT, "The import.", IMPORT_ID))
_REQUEST = Field("request_id", "id", "request", "The request.", REQUEST_ID)

EVENTS = (
    _of_person("person.added", events.PersonAdded, N_("A customer was added.")),
    _of_person("person.changed", events.PersonChanged, N_("What is stored about a customer changed.")),
    _of_person(
        "person.merged",
        events.PersonMerged,
        N_("Two customers turned out to be one."),
        Field("into", "id", "into", "The customer that stays; the other id leads there.", OTHER_ID),
    ),
    _of_person(
        "person.unmerged",
        events.PersonUnmerged,
        N_("Two customers that had been merged are two again."),
        Field("out_of", "id", "out_of", "The customer they were merged into.", OTHER_ID),
    ),
    _of_person("person.erased", events.PersonErased, N_("A customer was erased for good.")),
    _of_person(
        "person.erasure_requested",
        events.ErasureRequested,
        N_("A customer asked to be erased; the answer is due within a month."),
        _REQUEST,
    ),
    _of_person(
        "person.erasure_withdrawn",
        events.ErasureWithdrawn,
        N_("A customer took their request to be erased back."),
        _REQUEST,
    ),
    _of_company("company.added", events.CompanyAdded, N_("A company was added.")),
    _of_company("company.changed", events.CompanyChanged, N_("What is stored about a company changed.")),
    _of_company(
        "company.merged",
        events.CompanyMerged,
        N_("Two companies turned out to be one."),
        Field("into", "id", "into", "The company that stays; the other id leads there.", OTHER_COMPANY_ID),
    ),
    _of_company(
        "company.unmerged",
        events.CompanyUnmerged,
        N_("Two companies that had been merged are two again."),
        Field("out_of", "id", "out_of", "The company it was merged into.", OTHER_COMPANY_ID),
    ),
    _of_import(
        "import.finished",
        events.ImportFinished,
        N_("An import of customers came to its end."),
        Field("added", "number", "added", "Rows that added a customer.", 120),
        Field("updated", "number", "updated", "Rows that changed a customer.", 30),
        Field("skipped", "number", "skipped", "Rows about customers who were left as they are.", 0),
        Field("wrong", "number", "wrong", "Rows that could not be taken.", 2),
        Field("companies", "number", "companies", "Companies that are new.", 14),
    ),
    _of_import(
        "import.undone",
        events.ImportUndone,
        N_("An import of customers was undone."),
        Field("left", "number", "left", "Customers who were left, because they were changed since.", 1),
    ),
)
