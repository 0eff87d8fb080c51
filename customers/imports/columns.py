"""What a column of a file may mean, and what it probably means by its heading (English, German, French)."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence

from customers.models import Attribute
from infra.i18n import N_

FIELDS: Mapping[str, str] = {
    "name": N_("Name"),
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "external_id": N_("External id"),
    "company": N_("Company"),
    "company_external_id": N_("External id of the company"),
    "language": N_("Language"),
    "zone": N_("Time zone"),
}
ATTRIBUTE, NEW, EXTRA = "attributes.", "new.", "extra."
NEW_TYPES: Mapping[str, str] = {
    "text": N_("New attribute: text"),
    "number": N_("New attribute: number"),
    "date": N_("New attribute: date"),
    "boolean": N_("New attribute: yes or no"),
}

WORDS: Mapping[str, str] = {
    "name": "name fullname displayname contact contactname customer customername kunde kundenname ansprechpartner"
    " vollstandigername nom nomcomplet client nomduclient",
    "first_name": "firstname givenname forename vorname prenom",
    "last_name": "lastname surname familyname nachname familienname nomdefamille",
    "email": "email mail emailaddress mailaddress emailadresse mailadresse adressemail adresseemail courriel"
    " adressecourriel adresselectronique workemail",
    "phone": "phone phonenumber telephone tel mobile mobilephone cell telefon telefonnummer handy mobil mobilnummer"
    " rufnummer numerodetelephone portable telephoneportable",
    "external_id": "id externalid customerid customernumber clientid crmid kundennummer kundennr kdnr kundenid"
    " externeid numeroclient idclient idexterne reference",
    "company": "company companyname organisation organization account accountname firma firmenname unternehmen"
    " entreprise societe nomdelentreprise",
    "company_external_id": "companyid accountid companyexternalid firmennummer firmenid identreprise",
    "language": "language locale lang sprache langue",
    "zone": "timezone zone zeitzone fuseauhoraire",
}
_GUESSES = {word: field for field, words in WORDS.items() for word in words.split()}


def plain(heading: str) -> str:
    """A heading's letters and digits without case and accents."""
    folded = unicodedata.normalize("NFKD", heading.casefold().replace("ß", "ss"))
    return re.sub(r"[^a-z0-9]", "", "".join(each for each in folded if not unicodedata.combining(each)))


def signature(headings: Sequence[str]) -> str:
    """A digest of the headings; the same file of next month has the same."""
    return hashlib.sha256("\x1f".join(plain(each) for each in headings).encode()).hexdigest()[:32]


def guess(headings: Sequence[str], attributes: Sequence[Attribute]) -> list[str]:
    """What each column probably is; each meaning once, and nothing where nobody can tell."""
    known = {plain(each.label): ATTRIBUTE + each.code for each in attributes}
    known |= {plain(each.code): ATTRIBUTE + each.code for each in attributes}
    taken: set[str] = set()
    found = []
    for heading in headings:
        word = plain(heading)
        meaning = _GUESSES.get(word) or known.get(word, "") if word else ""
        found.append("" if meaning in taken else meaning)
        taken.add(meaning)
    if "name" in found and {"first_name", "last_name"} <= set(found):
        found[found.index("name")] = ""
    elif "first_name" in found and "last_name" not in found and "name" in found:
        found[found.index("name")] = "last_name"  # "Prénom, Nom"
    return found


def remembered(earlier: Sequence[str], headings: Sequence[str], attributes: Sequence[Attribute]) -> list[str]:
    """An earlier mapping of the same headings, without what is known no longer."""
    codes = {ATTRIBUTE + each.code for each in attributes}
    kept = [each if each in FIELDS or each in codes or each.startswith(EXTRA) else "" for each in earlier]
    if len(kept) != len(headings):
        return guess(headings, attributes)
    return kept
