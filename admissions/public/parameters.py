"""What an address of the public pages may ask, checked."""

from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from admissions.form_fields import known_time_zones
from admissions.intake.models import ConsultationRequest
from admissions.local_time import center_zone
from admissions.scheduling.models import Mode
from programs.models import Location


def requested_mode(request: HttpRequest) -> str:
    """The mode in the address, or phone when it names none of ours."""
    mode = request.GET.get("mode") or request.POST.get("mode")
    return mode if mode in Mode.values else Mode.PHONE


def requested_for_whom(request: HttpRequest) -> str:
    """For whom the address says this is, or empty when it says nothing that we know."""
    whom = request.GET.get("for", "")
    return whom if whom in ConsultationRequest.ForWhom.values else ""


def parse_zone(name: str | None) -> ZoneInfo:
    return ZoneInfo(name) if name and name in known_time_zones() else center_zone()


def requested_zone(request: HttpRequest) -> ZoneInfo:
    """The reader's zone as the address names it, or the center's."""
    return parse_zone(request.GET.get("zone"))


def link_query(
    request: HttpRequest, *, mode: str, zone: ZoneInfo, place: Location | None = None
) -> str:
    """What every link of the page takes along: mode, place, zone if not ours, and for whom."""
    asked = {"mode": mode, "for": requested_for_whom(request)}
    if place is not None:
        asked["place"] = str(place.pk)
    if zone != center_zone():
        asked["zone"] = zone.key
    return urlencode({name: value for name, value in asked.items() if value})
