"""The page on which a second person decides what a colleague asked for."""

from dataclasses import dataclass

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions import formatting, staff_formatting
from admissions.accounts.colleagues import account_changes, account_links
from admissions.accounts.models import AccountChange
from admissions.accounts.staff_request import StaffRequest
from users.models import User

from . import second_person


@dataclass(frozen=True)
class ChangeRow:
    """One change that waits, in words, and whether the reader may decide it."""

    change: AccountChange
    whose: str
    username: str
    asked_by: str
    what: list[str]
    until: str
    may_decide: bool = False


def describe_change(change: AccountChange, *, may_decide: bool = False) -> ChangeRow:
    return ChangeRow(
        change=change,
        whose=formatting.staff_name(change.user),
        username=change.user.username,
        asked_by=formatting.staff_name(change.asked_by),
        what=describe_parts(change),
        until=staff_formatting.format_date_and_time(change.expires_at),
        may_decide=may_decide,
    )


def describe_link(user: User) -> str:
    """Until when a link of theirs is open; empty if there is none."""
    link = account_links.find_live_links().filter(user=user).order_by("expires_at").last()
    return staff_formatting.format_date_and_time(link.expires_at) if link else ""


def describe_parts(change: AccountChange) -> list[str]:
    """What is asked, a line each."""
    if change.kind == AccountChange.Kind.FACTOR:
        return [_("Remove their second step: app, passkeys and recovery codes")]
    if change.kind == AccountChange.Kind.EMAIL:
        words = {"old": change.user.email or "-", "new": change.email}
        return [_("Change their email address from %(old)s to %(new)s") % words]
    found = [_("Give the role %(role)s") % {"role": role} for role in change.roles]
    if change.makes_superuser:
        found.append(_("Make them a superuser, who may do everything"))
    if change.lets_in_again:
        found.append(_("Let them in again, with the roles that they have"))
    return found


def changes_view(request: StaffRequest, *, admin_site: AdminSite) -> HttpResponse:
    """What waits; buttons for those who may decide it."""
    if not request.user.has_perm(account_changes.KEEPS_ACCOUNTS):
        raise PermissionDenied
    waiting = AccountChange.objects.waiting(now=timezone.now())
    rows = [
        describe_change(each, may_decide=account_changes.may_decide(request.user, each))
        for each in waiting.select_related("user", "asked_by").order_by("asked_at")
    ]
    context = {
        **admin_site.each_context(request),
        "title": _("Waiting for a second person"),
        "rows": rows,
    }
    return TemplateResponse(request, "admin/users/user/changes.html", context)


def decide_view(request: StaffRequest, pk: int) -> HttpResponse:
    """Makes the change or declines it, or says why not."""
    if not request.user.has_perm(account_changes.KEEPS_ACCOUNTS):
        raise PermissionDenied
    return second_person.decide(
        request,
        pk,
        approve=account_changes.approve,
        decline=account_changes.decline,
        back="admin:users_user_changes",
    )
