"""Texts that stand in the database only as ciphertext; the keys stand outside of it."""

import base64
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import FieldError
from django.db import OperationalError, ProgrammingError, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Lookup


class DecryptionError(Exception):
    """No key that we have opens this; SECRET_KEY_FALLBACKS lacks the one that sealed it."""


def encrypt_text(text: str) -> str:
    """The text as only our keys can read it, different each time; nothing stays nothing."""
    return current_cipher().encrypt(text.encode()).decode() if text else ""


def decrypt_text(sealed: str) -> str:
    """Return the decrypted text; raise DecryptionError rather than return ciphertext."""
    try:
        return current_cipher().decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken:
        raise DecryptionError from None


def current_cipher() -> MultiFernet:
    """Seals with the newest key and reads with every key that we still have."""
    return cipher_from_secrets(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=4)
def cipher_from_secrets(*secrets: str) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derive_key(secret))) for secret in secrets])


def derive_key(secret: str) -> bytes:
    """A key of its own, which tells nothing about the secret that signs cookies."""
    return HKDF(SHA256(), length=32, salt=None, info=b"encrypted texts").derive(secret.encode())


class EncryptedTextField(models.TextField):
    """Text that is sealed on its way into the database, and cannot be searched there."""

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """To migrations it is text, since that is what the column holds."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def get_prep_value(self, value: str | None) -> str | None:
        """Sealed."""
        value = super().get_prep_value(value)
        return value if value is None else encrypt_text(value)

    def from_db_value(
        self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> str | None:
        return value if value is None else decrypt_text(value)

    def get_lookup(self, lookup_name: str) -> type[Lookup] | None:
        """The same text is sealed differently each time, so no comparison could be true."""
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: it cannot be compared.")
        return super().get_lookup(lookup_name)


@checks.register(checks.Tags.database)
def check_encrypted_texts(
    databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """Return an error for each column whose newest text no key opens.

    Where the database does not answer it is one warning: `check` also runs before there is any.
    """
    found: list[checks.CheckMessage] = []
    for database in databases or []:
        try:
            found += [not_readable(each) for each in fields() if not is_readable(each, database)]
        except OperationalError as trouble:
            why = str(trouble).strip().partition("\n")[0]
            told = f"Encrypted texts were not read, since the database does not answer: {why}"
            found.append(checks.Warning(told, id="encrypted.W001"))
    return found


def fields() -> Iterator[EncryptedTextField]:
    """Every encrypted column of ours."""
    for model in apps.get_models():
        yield from (each for each in model._meta.fields if isinstance(each, EncryptedTextField))


def is_readable(field: EncryptedTextField, database: str) -> bool:
    rows = field.model._base_manager.using(database).order_by("-pk")
    try:
        with transaction.atomic(using=database):
            rows.values_list(field.name, flat=True).first()
    except DecryptionError:
        return False
    except ProgrammingError:  # The table is not there before the first migration.
        return True
    return True


def not_readable(field: EncryptedTextField) -> checks.Error:
    hint = "Put the SECRET_KEY that sealed it into SECRET_KEY_FALLBACKS."
    return checks.Error(f"{field} cannot be read.", hint=hint, id="encrypted.E001")
