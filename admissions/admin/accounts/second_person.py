"""The answer of a second person to what a colleague asked for."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from admissions.accounts.staff_request import StaffRequest
from admissions.exceptions import ActionNotAllowed


def decide(
    request: StaffRequest,
    pk: int,
    *,
    approve: Callable[..., object],
    decline: Callable[..., object],
    back: str,
) -> HttpResponse:
    """Has the change made or declined, as the form says, and leads back; or says why not."""
    try:
        if request.POST.get("answer") == "approve":
            approve(change_id=pk, by=request.user)
            messages.success(request, _("Approved, and made."))
        elif request.POST.get("answer") == "decline":
            decline(change_id=pk, by=request.user)
            messages.success(request, _("Declined. Nothing is changed."))
    except ActionNotAllowed as refused:
        messages.warning(request, str(refused))
    return redirect(back)
