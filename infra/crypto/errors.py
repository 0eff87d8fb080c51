"""What can be wrong with a key."""

from infra.errors import NotFound, RapportError, Unavailable


class KeyDestroyed(NotFound):
    """The key was destroyed on purpose: the person was erased, or the tenant was closed. Nothing brings it back."""

    code = "key_destroyed"
    message = "These personal data were erased and cannot be read any more."


class KeyMissing(RapportError):
    """No key was ever made for this owner: `create_person` must come before the row it protects."""

    code = "key_missing"
    message = "There is no key for %(owner)s. Keys are made before the first row they protect."


class CannotDecrypt(RapportError):
    """The bytes are not ours, were changed, or belong to another tenant or person."""

    code = "cannot_decrypt"
    message = "A protected value cannot be read: it was changed, or it belongs to somebody else."


class OwnerMissing(RapportError):
    """A personal value was about to be stored without the person it belongs to."""

    code = "owner_missing"
    message = "A protected value has no owner, so there is no key to store it under."


class MasterKeyUnusable(RapportError):
    """The master key cannot be loaded. Nothing personal can be read or written until it can."""

    code = "master_key_unusable"
    message = "The master key cannot be used."


class KeyServiceUnavailable(Unavailable):
    """The key service does not answer; safe to try again."""

    code = "key_service_unavailable"
    message = "The key service does not answer at the moment. Nothing was lost; please try again."
