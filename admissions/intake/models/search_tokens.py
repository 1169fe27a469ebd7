"""The tokens that a request is found by: keyed hashes of what staff may know of the person.

A token stands for one beginning of a word of the name, one ending of the phone number, the email or
one beginning of it, or one beginning of the reference. The database sees numbers alone.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.array import ArrayContains  # type: ignore[attr-defined]
from django.db import models
from django.db.models import Q, Value
from phonenumber_field.phonenumber import PhoneNumber, to_python

from admissions.encryption import current_keys
from admissions.keyed_hashes import number_of

if TYPE_CHECKING:
    from .requests import ConsultationRequest

MIN_BEGINNING, MIN_PHONE_DIGITS = 3, 4
# How many letters of a beginning, or digits of an ending, have a token. Whoever types more finds by
# the most of these that they typed; a token for each length would double the index.
BEGINNINGS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24)
PHONE_ENDINGS = (4, 5, 6, 7, 10)
# What the tokens of a row are made from. Whoever writes one of these writes the tokens.
SEARCHED_FIELDS = frozenset({"preferred_name", "phone", "email", "reference"})
EXTENSION = re.compile(r"[\s,;]*(ext(ension|ensi[oó]n)?|x|#|,)[.=:]?\s*\d+$")
EMAIL = re.compile(r"\S*[^\W_]\S*")
PHONE = re.compile(r"[\d\s()+./-]+")
# Letters that no form of Unicode takes apart, though people who type without them mean the same.
PLAIN_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th"}
)
APOSTROPHES = dict.fromkeys(map(ord, "'`´‘’‛ʹʻʼʽˈ′＇"))


class SearchTokensField(ArrayField):
    """The tokens of a row, made anew whenever the row is saved; a plain array to migrations."""

    def __init__(self, base_field: models.Field | None = None, **options: Any) -> None:
        options |= {"default": list, "editable": False}
        super().__init__(base_field or models.BigIntegerField(), **options)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.contrib.postgres.fields.ArrayField", args, kwargs

    def pre_save(self, model_instance: Any, add: bool) -> list[int]:
        tokens = make_tokens(model_instance)
        setattr(model_instance, self.attname, tokens)
        return tokens


@SearchTokensField.register_lookup
class HasTokens(ArrayContains):
    """All of some tokens are among those of the row.

    Django binds a plain number of an array as one of 32 bits, and psycopg cuts what is longer in
    silence.
    """

    def __init__(self, lhs: Any, rhs: Iterable[int]) -> None:
        super().__init__(lhs, [Value(each, models.BigIntegerField()) for each in rhs])


def make_tokens(request: "ConsultationRequest") -> list[int]:
    """The tokens of this request under the newest key, in order, as equal rows are equal bytes."""
    terms = list_terms(
        name=request.preferred_name,
        phone=phone_digits(request.phone),
        email=request.email,
        reference=request.reference,
    )
    return sorted({token_of(current_keys()[0], each) for each in terms})


def token_of(key: str, term: str) -> int:
    return number_of(key, term, purpose="search")


def key_token(key: str) -> int:
    """The token that every row has which this key made the tokens of."""
    return token_of(key, "key")


def list_terms(*, name: str, phone: str, email: str, reference: str) -> Iterator[str]:
    """What the tokens of a request stand for, each with its kind before it."""
    yield "key"
    for word in split_words(name):
        yield from beginnings("name", word)
    if email := normalize_email(email):
        yield f"whole email:{email}"
        yield from beginnings("email", email)
    if phone:
        yield f"whole phone:{phone}"
        for length in PHONE_ENDINGS:
            yield f"phone:{phone[-length:]}"
    yield from beginnings("reference", normalize_reference(reference))


def beginnings(kind: str, word: str) -> Iterator[str]:
    """The word itself if it is short, and what it begins with from three letters on."""
    shortest = min(len(word), 1 if is_ideograph(word[:1]) else MIN_BEGINNING)
    for length in BEGINNINGS:
        if shortest <= length <= len(word):
            yield f"{kind}:{word[:length]}"


def filter_by_email(email: str) -> Q:
    """Requests with this address, however it is typed."""
    return has_all([f"whole email:{normalize_email(email)}"])


def filter_by_phone(phone: PhoneNumber | str) -> Q:
    return has_all([f"whole phone:{phone_digits(phone)}"])


def filter_by_term(term: str) -> Q:
    """Requests that a word of staff finds; none where it says too little."""
    found = Q(pk__in=[])
    for terms in read_term(term):
        found |= has_all(terms)
    return found


def has_all(terms: Iterable[str]) -> Q:
    """Rows that have all of these tokens, under whichever of our keys theirs were made."""
    terms, found = list(terms), Q()
    for key in current_keys():
        tokens = [token_of(key, each) for each in terms]
        found |= Q(search_tokens__contains=tokens)
    return found


def read_term(term: str) -> Iterator[list[str]]:
    """What a term may mean: the words of a name, or an email, a reference, a phone number."""
    if words := split_words(term):
        yield [f"name:{as_typed(word)}" for word in words]
    email = normalize_email(term)
    if len(email) >= MIN_BEGINNING and EMAIL.fullmatch(email):
        yield [f"email:{as_typed(email)}"]
    reference = normalize_reference(term)
    if len(reference) >= MIN_BEGINNING and reference.isalnum():
        yield [f"reference:{as_typed(reference)}"]
    for digits in read_phone(term):
        length = max(each for each in PHONE_ENDINGS if each <= len(digits))
        yield [f"phone:{digits[-length:]}"]


def as_typed(word: str) -> str:
    """As much of what was typed as has a token."""
    return word[: max(length for length in BEGINNINGS if length <= len(word))]


def read_phone(term: str) -> set[str]:
    """The digits that a typed number may end with: without extension, prefix abroad, or zero."""
    plain = EXTENSION.sub("", term.strip().casefold()).strip()
    if not PHONE.fullmatch(plain):
        return set()
    digits = "".join(filter(str.isdecimal, plain))
    read = {digits, digits.lstrip("0"), phone_digits(plain)}
    return {each for each in read if len(each) >= MIN_PHONE_DIGITS}


def phone_digits(phone: PhoneNumber | str) -> str:
    """The number with its country code, in digits alone; what is no valid one as it was typed."""
    number = to_python(phone) if isinstance(phone, str) else phone
    if not number:
        return ""
    typed = number.as_e164 if number.is_valid() else number.raw_input
    return "".join(filter(str.isdecimal, typed or ""))


def normalize_email(email: str) -> str:
    return email.strip().casefold()


def normalize_reference(reference: str) -> str:
    return "".join(reference.casefold().replace("-", " ").split())


@lru_cache(maxsize=4096)
def split_words(name: str) -> tuple[str, ...]:
    """The words of a name without accents, apostrophes and case, as whoever searches types them."""
    folded = unicodedata.normalize("NFKD", name.casefold()).translate(APOSTROPHES)
    plain = "".join(each for each in folded if not unicodedata.category(each).startswith("M"))
    return tuple(re.findall(r"[^\W_]+", plain.casefold().translate(PLAIN_LETTERS)))


def is_ideograph(letter: str) -> bool:
    """Whether one sign is a whole word, as in Chinese names."""
    return letter != "" and unicodedata.name(letter, "").startswith("CJK UNIFIED")
