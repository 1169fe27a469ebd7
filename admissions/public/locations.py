"""Where people come in person: the place that an address names, among those with a counselor."""

from django.db.models import Q
from django.http import HttpRequest

from admissions.scheduling.models import Counselor, Mode
from programs.models import Location


def bookable_locations() -> list[Location]:
    """Open locations with a counselor who sees people there, in the center's order."""
    seeing = Counselor.objects.filter(
        modes__contains=[Mode.IN_PERSON], is_taking_consultations=True, user__is_active=True
    )
    return list(
        Location.objects.open()
        .filter(Q(counselors__in=seeing) | Q(weekly_hours__counselor__in=seeing))
        .distinct()
    )


def requested_location(
    request: HttpRequest, mode: str, places: list[Location] | None = None
) -> Location | None:
    """The place asked for, or the first; None when the mode needs no place, or none is open."""
    if mode != Mode.IN_PERSON:
        return None
    asked = request.GET.get("place") or request.POST.get("place")
    places = bookable_locations() if places is None else places
    return next((each for each in places if str(each.pk) == asked), next(iter(places), None))
