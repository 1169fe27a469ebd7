"""What someone was sending when their session had ended, kept until they are back.

It stays in the session of the same browser, for half an hour, and shown only to the
person whose session it was. Nothing is done with it until they click.
"""

import json
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from .models import Session, hash_session_key

UNSENT_SESSION_KEY = "unsent"
KEPT_FOR = timedelta(minutes=30)
# Who comes back later than that has forgotten it.
SESSION_ENDED_WITHIN = timedelta(hours=12)
MAX_CHARACTERS = 64_000  # characters


def save_form(request: HttpRequest, *, owner: int | None) -> None:
    """Remember what this form sent, for its owner; never a password, never a file."""
    fields = {
        name: values
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and not name.startswith("_confirm")
    }
    if owner is None or not fields or any("password" in name for name in fields):
        return
    kept = {
        "owner": owner,
        "at": timezone.now().timestamp(),
        "path": request.get_full_path(),
        "page": return_page(request),
        "fields": fields,
    }
    if len(json.dumps(kept)) <= MAX_CHARACTERS:
        request.session[UNSENT_SESSION_KEY] = kept


def load_form(request: HttpRequest, *, owner: int, now: datetime) -> dict | None:
    """What this person was sending, if that is not long ago."""
    kept = request.session.get(UNSENT_SESSION_KEY)
    if kept is None:
        return None
    is_fresh = now.timestamp() - kept["at"] <= KEPT_FOR.total_seconds()
    return kept if kept["owner"] == owner and is_fresh else None


def discard_form(request: HttpRequest) -> None:
    request.session.pop(UNSENT_SESSION_KEY, None)


def next_page(request: HttpRequest, *, owner: int, leads_to: str) -> str:
    """Where they wanted to go; first to what they were sending when they were signed out."""
    if load_form(request, owner=owner, now=timezone.now()):
        return reverse("admin:unsent_form")
    discard_form(request)
    return leads_to


def owner_of_ended_session(request: HttpRequest) -> int | None:
    """Whose session the browser still names, though it has run out."""
    now = timezone.now()
    ended = Session.objects.filter(
        session_key=hash_session_key(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")),
        expire_date__range=(now - SESSION_ENDED_WITHIN, now),
    )
    return ended.values_list("user_id", flat=True).first()


def return_page(request: HttpRequest) -> str:
    """The page to go back to: this one, or the one whose form sent this."""
    if request.method != "POST":
        return request.get_full_path()
    try:
        came = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return reverse("admin:index")
    return safe_admin_url(f"{came.path}?{came.query}" if came.query else came.path)


def safe_admin_url(address: str) -> str:
    """An address of the desk; its first page in place of anything else."""
    first = reverse("admin:index")
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if is_ours and address.startswith(first) else first
