"""How a request is called where its person must not be named."""

import secrets
from collections.abc import Sequence
from typing import Any

from django.db import models

# No 0, O, 1, I or L, and no vowels: read aloud without doubt, and never a word.
REFERENCE_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"


def generate_reference() -> str:
    """A short name for a request that says nothing about the person, e.g. K7M4-2QXR."""
    letters = [secrets.choice(REFERENCE_ALPHABET) for _place in range(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def spell_reference(typed: str) -> str:
    """The reference as it is stored, K7M4-2QXR, from however it was typed or pasted."""
    letters = "".join(filter(str.isalnum, typed.upper()))
    return f"{letters[:4]}-{letters[4:]}"


class ReferenceField(models.CharField):
    """A new reference for each row; a plain CharField without default to migrations, which
    import no code of ours.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("max_length", 9)
        options.setdefault("default", generate_reference)
        super().__init__(*args, **options)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, args, options = super().deconstruct()
        options.pop("default", None)
        return name, "django.db.models.CharField", args, options
