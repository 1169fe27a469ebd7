"""Where people come in person: the place that an address names, among those with a counselor."""

from admissions.models import Mode
from programs.models import Location


def open_places() -> list[Location]:
    """Open locations with a counselor who sees people there, in the centre's order."""
    return list(
        Location.objects.open()
        .filter(
            counselors__modes__contains=[Mode.IN_PERSON],
            counselors__is_taking_consultations=True,
            counselors__user__is_active=True,
        )
        .distinct()
    )


def asked_place(http_request, mode, places: list[Location] | None = None) -> Location | None:
    """The place asked for, or the first; None when the mode needs no place, or none is open."""
    if mode != Mode.IN_PERSON:
        return None
    asked = http_request.GET.get("place") or http_request.POST.get("place")
    places = open_places() if places is None else places
    return next((each for each in places if str(each.pk) == asked), next(iter(places), None))
