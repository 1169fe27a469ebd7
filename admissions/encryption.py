"""Texts that stand in the database only as ciphertext; the keys stand outside of it.

AES-256-GCM, under a key for each column and with the column's name as associated data: a value that
is copied to another column opens there no more than under another key. A sealed text is
`e1.<key id>.<nonce, ciphertext and tag in Base64>`; an empty one stays empty.
"""

import binascii
import os
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import FieldError
from django.db import OperationalError, ProgrammingError, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, Lookup
from django.db.models.expressions import Col
from django.db.models.sql.compiler import SQLCompiler
from phonenumber_field.modelfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber
from phonenumbers import NumberParseException

FORMAT, NONCE_LENGTH = "e1", 12
PREFIX_LENGTH = len(f"{FORMAT}.12345678.")
# What is no column of ours: sessions, and the secrets that allauth keeps among other data.
NO_COLUMN = "no column"
Sql = tuple[str, tuple[Any, ...]]


class DecryptionError(Exception):
    """No key that we have opens this; FIELD_KEYS lacks the one that sealed it."""


def current_keys() -> tuple[str, ...]:
    """The newest key, which seals, then older ones, which open. On a laptop it is SECRET_KEY."""
    return tuple(settings.FIELD_KEYS or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])


def encrypt_text(text: str, *, column: str = NO_COLUMN) -> str:
    """The text as only our keys can read it, different each time; nothing stays nothing."""
    if not text:
        return ""
    newest = current_keys()[0]
    nonce = os.urandom(NONCE_LENGTH)
    sealed = column_cipher(newest, column).encrypt(nonce, text.encode(), column.encode())
    return key_prefix(newest) + binascii.b2a_base64(nonce + sealed, newline=False).decode()


def decrypt_text(sealed: str, *, column: str = NO_COLUMN) -> str:
    """Return the decrypted text; raise DecryptionError rather than return ciphertext."""
    if not sealed:
        return ""
    cipher = ciphers_by_prefix(current_keys(), column).get(sealed[:PREFIX_LENGTH])
    if cipher is None:
        raise DecryptionError
    try:
        data = binascii.a2b_base64(sealed[PREFIX_LENGTH:])
        text = cipher.decrypt(data[:NONCE_LENGTH], data[NONCE_LENGTH:], column.encode())
    except (InvalidTag, ValueError):
        raise DecryptionError from None
    return text.decode()


@lru_cache(maxsize=256)
def ciphers_by_prefix(keys: tuple[str, ...], column: str) -> dict[str, AESGCM]:
    return {key_prefix(key): column_cipher(key, column) for key in keys}


@lru_cache(maxsize=256)
def column_cipher(key: str, column: str) -> AESGCM:
    return AESGCM(derive_key(key, f"texts of {column}"))


@lru_cache(maxsize=16)
def key_prefix(key: str) -> str:
    """What each text begins with that this key sealed; it tells nothing about the key."""
    key_id = binascii.b2a_base64(derive_key(key, "key id")[:6], newline=False).decode()
    return f"{FORMAT}.{key_id}."


def derive_key(key: str, purpose: str) -> bytes:
    """A key of 256 bits for one purpose, which tells nothing about the others."""
    return HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.encode())


class EncryptedColumn(Col):
    """A column that a query may read, and do nothing else with.

    The same text is sealed differently each time: sorted, grouped or compared it would be wrong
    in silence.
    """

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        # Django compiles what is selected first, and stores it before anything else.
        if compiler.select is not None:
            refuse_use(self.target)
        return self.name_sql(compiler, connection)

    def name_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        return super().as_sql(compiler, connection)


def refuse_use(field: Field) -> None:
    raise FieldError(f"{field} is encrypted: it can be read, not sorted or compared.")


class SealedLookup(Lookup):
    """What can be asked of an encrypted column, as it asks nothing of what its texts say."""

    prepare_rhs = False

    def column_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        if isinstance(self.lhs, EncryptedColumn):
            return self.lhs.name_sql(compiler, connection)
        return self.process_lhs(compiler, connection)


class IsAbsent(SealedLookup):
    """The column holds NULL, or does not."""

    lookup_name = "isnull"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, params = self.column_sql(compiler, connection)
        return f"{column} IS {'' if self.rhs else 'NOT '}NULL", params


class IsEmpty(SealedLookup):
    """The column holds no text; comparison with any other text is refused."""

    lookup_name = "exact"

    def get_prep_lookup(self) -> str:
        if self.rhs != "":
            refuse_use(self.lhs.output_field)
        return ""

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, params = self.column_sql(compiler, connection)
        return f"{column} = ''", params


class IsSealedBy(SealedLookup):
    """A key with one of these prefixes sealed the text: what a change of keys asks."""

    lookup_name = "sealed_by"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, params = self.column_sql(compiler, connection)
        return f"left({column}, {PREFIX_LENGTH}) = ANY(%s)", (*params, list(self.rhs))


SEALED_LOOKUPS = {each.lookup_name: each for each in (IsAbsent, IsEmpty, IsSealedBy)}


class EncryptedField(Field):
    """What an encrypted column adds to the field of the type that Python sees."""

    @property
    def place(self) -> str:
        """The table and column, to which a sealed text is bound."""
        return f"{self.model._meta.db_table}.{self.column}"

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """To migrations it is text, since that is what the column holds."""
        name, _path, args, kwargs = super().deconstruct()
        for option in ("max_length", "region"):
            kwargs.pop(option, None)
        return name, "django.db.models.TextField", args, kwargs

    def get_internal_type(self) -> str:
        return "TextField"

    def get_prep_value(self, value: Any) -> str | None:
        """Sealed."""
        value = super().get_prep_value(value)
        return value if value is None else encrypt_text(value, column=self.place)

    def from_db_value(
        self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> str | None:
        return value if value is None else decrypt_text(value, column=self.place)

    def get_col(self, alias: str, output_field: Field | None = None) -> Col:
        return EncryptedColumn(alias, self, output_field)

    def get_lookup(self, lookup_name: str) -> type[Lookup] | None:
        if lookup_name == "df":  # pgtrigger's: a trigger asks whether what is sealed was replaced.
            return super().get_lookup(lookup_name)
        if lookup_name not in SEALED_LOOKUPS:
            refuse_use(self)
        return SEALED_LOOKUPS[lookup_name]


class EncryptedTextField(EncryptedField, models.TextField):
    """Text that is sealed on its way into the database, and cannot be searched there."""


class StoredPhoneNumber(PhoneNumber):
    """A number as a column holds it. Asked whether there is one, and whether it is valid, over and
    over by every row of a list: the library would look through its tables each time."""

    def __bool__(self) -> bool:
        return True

    def is_valid(self) -> bool:
        return self.validity

    @cached_property
    def validity(self) -> bool:
        return super().is_valid()


class EncryptedPhoneNumberField(EncryptedField, PhoneNumberField):
    """A phone number in Python, sealed in the database."""

    def from_db_value(
        self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> Any:
        text = super().from_db_value(value, expression, connection)
        try:
            return StoredPhoneNumber.from_string(text, self.region) if text else text
        except NumberParseException:
            return self.to_python(text)


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


def fields() -> Iterator[EncryptedField]:
    """Every encrypted column of ours."""
    for model in apps.get_models():
        yield from fields_of(model)


def fields_of(model: type[models.Model]) -> list[EncryptedField]:
    return [each for each in model._meta.fields if isinstance(each, EncryptedField)]


def is_readable(field: EncryptedField, database: str) -> bool:
    rows = field.model._base_manager.using(database).order_by("-pk")
    try:
        with transaction.atomic(using=database):
            rows.values_list(field.name, flat=True).first()
    except DecryptionError:
        return False
    except ProgrammingError:  # The table is not there before the first migration.
        return True
    return True


def not_readable(field: EncryptedField) -> checks.Error:
    hint = "Put the key that sealed it at the end of FIELD_KEYS."
    return checks.Error(f"{field} cannot be read.", hint=hint, id="encrypted.E001")
