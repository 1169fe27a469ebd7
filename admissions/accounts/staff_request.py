"""The request of someone who has signed in, as type checkers shall know it."""

from django.contrib.auth.models import User
from django.http import HttpRequest


class StaffRequest(HttpRequest):
    """A request behind the desk's door: its user is a person, never AnonymousUser."""

    user: User
    accounts_factor: int | None  # set once it was asked
