"""The requests of those who have signed in or are halfway in, as type checkers shall know them."""

from allauth.account.stages import LoginStage
from django.http import HttpRequest

from users.models import User


class StaffRequest(HttpRequest):
    """A request behind the desk's door: its user is a person, never AnonymousUser."""

    user: User
    accounts_has_factor: bool  # set once it was asked


class StageRequest(HttpRequest):
    """A request of who has given the password, on a page of allauth's `login_stage_required`."""

    _login_stage: LoginStage
