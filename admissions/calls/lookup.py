"""Who a caller may be: the requests under their number, each side of the wall for itself."""

from collections.abc import Set

from phonenumber_field.phonenumber import PhoneNumber

from admissions.intake.models import ConsultationRequest
from admissions.intake.models.search_tokens import filter_by_phone, phone_digits

from .models import Call

MAX_OPEN, MAX_CLOSED = 8, 4


def find_open(number: PhoneNumber | str, for_whom: str = "") -> list[ConsultationRequest]:
    """Open requests under this number, the oldest first.

    Once we know for whom they call, those of that side alone: nothing leads from what a loved one
    asked to what the person did.
    """
    return [each for each in find_all(number, for_whom) if not each.is_closed][:MAX_OPEN]


def find_closed(number: PhoneNumber | str, for_whom: str = "") -> list[ConsultationRequest]:
    """The last that were closed, without those that were merged with another."""
    closed = [each for each in find_all(number, for_whom) if each.is_closed]
    return closed[::-1][:MAX_CLOSED]


def find_all(number: PhoneNumber | str, for_whom: str) -> list[ConsultationRequest]:
    if not phone_digits(number):
        return []
    found = ConsultationRequest.objects.filter(filter_by_phone(number), merged_into=None)
    known = found.prefetch_related("consultations__counselor").order_by("created_at", "pk")
    return [each for each in known if not for_whom or is_same_side(each, for_whom)]


def find_without_request(numbers: Set[str]) -> list[Call]:
    """Calls from these numbers, as `phone_digits` spells them, that belong to no request; newest
    first.

    A number stands there sealed and nowhere else, so each is opened: about 20 µs for each.
    """
    if not numbers:
        return []
    told = Call.objects.without_request().filter(emptied_at=None).exclude(number="")
    return [each for each in told if phone_digits(each.number) in numbers]


def list_versions(call: Call) -> list[Call]:
    """This row, what it corrects and what corrects it: all that was kept of one call."""
    found = [call]
    while earlier := found[0].corrects:
        found.insert(0, earlier)
    while later := Call.objects.filter(corrects=found[-1]).first():
        found.append(later)
    return found


def is_same_side(request: ConsultationRequest, for_whom: str) -> bool:
    is_for_someone_else = for_whom != ConsultationRequest.ForWhom.SELF
    return request.is_for_someone_else == is_for_someone_else
