"""Words of an email that are being tried: kept in the session alone, under a name of their own."""

import hashlib

from django.http import HttpRequest

from admissions.messaging import templates
from admissions.messaging.kinds import Kind, MessageText

MAX_DRAFTS = 4


def keep_draft(request: HttpRequest, kind: Kind, language: str, words: MessageText) -> str:
    """Keeps words that are being tried in the session alone; returns the name they go by."""
    said_words = templates.split_text(words)
    name = hashlib.sha256(repr((str(kind), language, said_words)).encode()).hexdigest()[:16]
    drafts = request.session.get("drafts", {})
    drafts.pop(name, None)
    request.session["drafts"] = dict([*drafts.items(), (name, said_words)][-MAX_DRAFTS:])
    return name


def load_draft(request: HttpRequest, name: str) -> MessageText | None:
    kept = request.session.get("drafts", {}).get(name)
    return MessageText(**kept) if kept else None
