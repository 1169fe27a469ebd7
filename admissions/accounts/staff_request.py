"""The request of someone who has signed in, as type checkers shall know it."""

from django.http import HttpRequest

from users.models import User


class StaffRequest(HttpRequest):
    """A request behind the desk's door: its user is a person, never AnonymousUser."""

    user: User
    accounts_factor: int | None  # set once it was asked
