"""Behind the desk's door everyone has signed in, which Django's own signatures do not say."""

from typing import cast

from django.http import HttpRequest

from admissions.accounts.staff_request import StaffRequest


def as_staff(request: HttpRequest) -> StaffRequest:
    """The same request, whose user is a person."""
    return cast(StaffRequest, request)
