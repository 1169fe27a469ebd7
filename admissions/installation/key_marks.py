"""Whether a process has the keys that this database was used with.

The database holds a mark of each key, derived from it as our other keys are: it is equal for the
same key, and tells nothing about it.
"""

import binascii
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.db.models import QuerySet

from admissions.encryption import current_keys, derive_key

PURPOSES = {"secret_key_mark": "mark of SECRET_KEY", "field_key_mark": "mark of FIELD_KEYS"}
REFUSALS = {
    "secret_key_mark": (
        "SECRET_KEY is not the one that this database was used with: set that one, or, after a"
        " change, put it into SECRET_KEY_FALLBACKS. If it is lost: manage.py accept_keys"
    ),
    "field_key_mark": (
        "FIELD_KEYS lacks the key that this database was used with: add it, after the new one."
        " Without it names, numbers and notes cannot be read."
    ),
}


def known_marks() -> dict[str, list[str]]:
    """What each of our keys leaves as its mark, the newest first, by column."""
    keys = {
        "secret_key_mark": [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS],
        "field_key_mark": list(current_keys()),
    }
    return {name: [mark(key, PURPOSES[name]) for key in keys[name]] for name in keys}


def mark(key: str, purpose: str) -> str:
    return binascii.b2a_base64(derive_key(key, purpose)[:12], newline=False).decode()


def find_foreign_keys() -> Iterator[str]:
    """A line for each key that is not the database's; nothing is foreign to a database unused."""
    kept = kept_marks().values(*REFUSALS).first() or {}
    for name, marks in known_marks().items():
        if kept.get(name) and kept[name] not in marks:
            yield REFUSALS[name]


def keep_marks() -> None:
    """Note the newest keys as this database's, once none of what it knows is foreign."""
    newest = {name: marks[0] for name, marks in known_marks().items()}
    kept_marks().exclude(**newest).update(**newest)


def kept_marks() -> QuerySet:
    """The one row; by its name, as WSGI loads this module before Django has loaded models."""
    return apps.get_model("admissions", "Installation").objects.filter(pk=1)
