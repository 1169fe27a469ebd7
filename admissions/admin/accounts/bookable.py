"""The list "Bookable yet?" on a colleague's page: each step done, or what to do about it."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from admissions.accounts.colleagues import readiness
from admissions.accounts.colleagues.readiness import Step
from admissions.accounts.models import AccountChange
from admissions.accounts.staff_request import StaffRequest
from admissions.exceptions import ActionNotAllowed
from users.models import User


@dataclass(frozen=True)
class BookableLine:
    """One step in words; of what is not done also what helps, and where."""

    is_done: bool
    what: str
    help: str = ""
    url: str = ""


@dataclass(frozen=True)
class BookableList:
    lines: list[BookableLine]
    is_bookable: bool
    may_start: bool


def describe_bookable(user: User, *, waiting: list[AccountChange]) -> BookableList | None:
    """The list; None for a colleague who is not to hold consultations."""
    if not readiness.is_about(user):
        return None
    checks = readiness.check_steps(user)
    done = {each.step: each.is_done for each in checks}
    words = describe_steps(user, is_role_waiting=any(each.roles for each in waiting))
    lines = [
        BookableLine(True, words[each.step][0])
        if each.is_done
        else BookableLine(False, *words[each.step])
        for each in checks
    ]
    is_ready = readiness.may_start(checks)
    return BookableList(
        lines,
        is_bookable=is_ready and done[Step.TAKING],
        may_start=is_ready and not done[Step.TAKING],
    )


def describe_steps(user: User, *, is_role_waiting: bool) -> dict[Step, tuple[str, str, str]]:
    """Of each step: what it is, what helps while it is not done, and the page for that."""
    counselor = readiness.find_counselor(user)
    page = (
        reverse("admin:admissions_counselor_change", args=[counselor.pk])
        if counselor
        else f"{reverse('admin:admissions_counselor_add')}?user={user.pk}"
    )
    return {
        Step.LET_IN: (
            _("May sign in"),
            _("Tick “active” and “staff status” below."),
            "#id_is_active",
        ),
        Step.ROLE: (
            _("Has a role that talks with requesters"),
            _("A second person has to agree.") if is_role_waiting else _("Choose a role below."),
            reverse("admin:users_user_changes") if is_role_waiting else "#id_groups",
        ),
        Step.INVITED: (_("Is invited"), _("Send the invitation again, with the button here."), ""),
        Step.SIGNED_IN: (_("Has signed in"), _("They open the link in their email."), ""),
        Step.SECOND_FACTOR: (
            _("Has a second step to sign in"),
            _("They are asked for it when they first sign in."),
            "",
        ),
        Step.COUNSELOR: (_("Has languages and ways to talk"), _("Add them as a counselor."), page),
        Step.HOURS: (_("Has hours"), _("Enter hours."), page),
        Step.CREDENTIAL: (
            _("Has a credential in date"),
            _("Without one they talk with people, but sign no recommendation. Enter one."),
            f"{reverse('admin:admissions_staffcredential_add')}?user={user.pk}",
        ),
        Step.TAKING: (
            _("Takes consultations"),
            _("Requesters do not see their times yet."),
            "" if counselor is None else page,
        ),
    }


def start_view(request: StaffRequest, pk: int) -> HttpResponse:
    """Lets requesters book them, or says that something is missing."""
    if not request.user.has_perm("admissions.change_counselor"):
        raise PermissionDenied
    try:
        readiness.start_consultations(user_id=pk, by=request.user)
    except ActionNotAllowed as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("Requesters can book them from now on."))
    return redirect("admin:users_user_change", pk)
