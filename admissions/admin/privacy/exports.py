"""What we hold of one person as a file, and as a page to read or print."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions import staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.audit import access_log
from admissions.exceptions import ActionNotAllowed
from admissions.privacy import export
from admissions.privacy.models import PrivacyRequest

from .links import PRIVACY_REQUEST_PAGE

EXPORT = "admissions.decide_privacyrequest"


@dataclass(frozen=True)
class Block:
    """One part of the page: a heading, and lines of a name with a value."""

    title: str
    lines: list[tuple[str, str]]
    level: int = 3


def file_view(request: StaffRequest, pk: int) -> HttpResponse:
    """The file, as an attachment that no cache keeps; its name says nothing of the person."""
    made = make_export(request, pk)
    if isinstance(made, HttpResponse):
        return made
    return JsonResponse(
        made.data,
        json_dumps_params={"indent": 2, "ensure_ascii": False},
        headers={
            "Content-Disposition": f'attachment; filename="privacy-request-{pk}.json"',
            "Cache-Control": "no-store, private",
        },
    )


def readable_view(request: StaffRequest, pk: int, *, site: admin.AdminSite) -> HttpResponse:
    made = make_export(request, pk)
    if isinstance(made, HttpResponse):
        return made
    access_log.remember_event(request, made.event)
    context = {
        **site.each_context(request),
        "title": _("What we hold"),
        "made": staff_formatting.format_date_and_time(made.data["made_at"]),
        "blocks": describe_export(made.data),
        "back": reverse(PRIVACY_REQUEST_PAGE, args=[pk]),
    }
    return TemplateResponse(request, "admin/admissions/privacyrequest/readable.html", context)


def make_export(request: StaffRequest, pk: int) -> export.PersonExport | HttpResponse:
    """What was exported, or the way back with the reason why not."""
    if not request.user.has_perm(EXPORT):
        raise PermissionDenied
    get_object_or_404(PrivacyRequest, pk=pk)
    try:
        return export.export_person(privacy_request_id=pk, by=request.user, now=timezone.now())
    except ActionNotAllowed as refused:
        messages.warning(request, str(refused))
        return HttpResponseRedirect(reverse(PRIVACY_REQUEST_PAGE, args=[pk]))


def describe_export(data: dict[str, Any]) -> list[Block]:
    blocks: list[Block] = []
    for each in data["requests"]:
        blocks += describe_request(each)
    told = [Block(_("Told to others"), [])] if data["disclosures"] else []
    return [*blocks, *told, *(Block("", describe_lines(each)) for each in data["disclosures"])]


def describe_request(request: dict[str, Any]) -> list[Block]:
    """Its own columns first, then each list that belongs to it."""
    own = {name: value for name, value in request.items() if not isinstance(value, list | dict)}
    title = _("Request %(reference)s") % {"reference": request["reference"]}
    blocks = [Block(title, describe_lines(own), level=2)]
    for name, value in request.items():
        if name == "guide":
            blocks += [Block(humanize(name), [(str(q), str(a)) for q, a in value])] if value else []
        elif isinstance(value, dict):
            blocks.append(Block(humanize(name), describe_lines(value)))
        elif isinstance(value, list) and value:
            blocks.append(Block(humanize(name), []))
            blocks += [Block("", describe_lines(each)) for each in value]
    return blocks


def describe_lines(values: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and values as people read them; what is empty is left out."""
    found: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, dict):
            found += describe_lines(value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for each in value:
                found += describe_lines(each)
        elif value not in (None, "", []):
            found.append((humanize(name), describe_value(value)))
    return found


def describe_value(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def humanize(name: str) -> str:
    return name.replace("_", " ").capitalize()
