"""What an address of the public pages may ask, checked."""

import re
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from admissions import time_zones
from admissions.intake.models import ConsultationRequest
from admissions.scheduling import availability
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


def requested_zone(request: HttpRequest) -> ZoneInfo:
    """The reader's zone as the address names it, or the center's."""
    return time_zones.parse_zone(request.GET.get("zone"))


def chosen_zone(request: HttpRequest) -> str:
    """The zone that the address names, the center's like any other; empty when it names none.

    Only where it is empty may a script say what the browser's clock is.
    """
    name = request.GET.get("zone", "")
    return name if name in time_zones.known_time_zones() else ""


def wants_interpreter(request: HttpRequest) -> bool:
    """Whether the times of everyone are asked for, with an interpreter of the page's language."""
    return asks_for_interpreter(request) and get_language() != settings.LANGUAGE_CODE


def asks_for_interpreter(request: HttpRequest) -> bool:
    """Whether the address or form asks for an interpreter, of whatever language."""
    asked = request.POST.get("with_interpreter") or request.GET.get("with_interpreter")
    return asked == "1"


def link_query(
    request: HttpRequest,
    *,
    mode: str,
    place: Location | None = None,
    with_interpreter: bool = False,
) -> str:
    """What every link of the page takes along: mode, place, the zone chosen, and for whom."""
    asked = {"mode": mode, "for": requested_for_whom(request)}
    if place is not None:
        asked["place"] = str(place.pk)
    asked["zone"] = chosen_zone(request)
    asked["with_interpreter"] = "1" if with_interpreter else ""
    return encode_query(asked)


def callback_query(request: HttpRequest) -> str:
    """What the link to the callback form takes along: for whom, and the zone chosen."""
    return encode_query({"for": requested_for_whom(request), "zone": chosen_zone(request)})


def page_query(request: HttpRequest) -> str:
    """What the address asks, as far as we know it: for the same page in another language."""
    asked = request.GET
    mode, place, at = asked.get("mode", ""), asked.get("place", ""), asked.get("at", "")
    return encode_query(
        {
            "mode": mode if mode in Mode.values else "",
            "place": place if re.fullmatch(r"[0-9]{1,9}", place) else "",
            "at": at if availability.parse_stamp(at) else "",
            "for": requested_for_whom(request),
            "zone": chosen_zone(request),
            "with_interpreter": "1" if asked.get("with_interpreter") == "1" else "",
        }
    )


def encode_query(asked: dict[str, str]) -> str:
    return urlencode({name: value for name, value in asked.items() if value})
