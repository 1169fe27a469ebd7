"""All open requests of a colleague who left, or is away, given to another at once."""

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from admissions import formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.links import REQUEST_LIST
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from admissions.triage import ownership
from users.models import User

TEMPLATE = "admin/admissions/consultationrequest/hand_over_all.html"


class HandOverAllForm(forms.Form):
    """To one colleague; or to nobody, so that whoever is there claims each."""

    to: forms.ModelChoiceField = forms.ModelChoiceField(
        label=_("To whom"),
        queryset=None,
        required=False,
        empty_label=_("Nobody: colleagues claim them one by one"),
        error_messages={
            "invalid_choice": _("This colleague cannot work on requests any more."),
        },
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, owner: User) -> None:
        super().__init__(data, label_suffix="")
        to = cast(forms.ModelChoiceField, self.fields["to"])
        to.queryset = ownership.find_assignable_staff(besides=owner)
        # As Django has it done: a label is made by another function.
        to.label_from_instance = formatting.staff_name  # type: ignore[assignment, method-assign]


def build_urls(site: admin.AdminSite) -> list[URLPattern]:
    return [
        path(
            "hand-over/<int:owner_id>/",
            site.admin_view(partial(hand_over_all_view, site=site)),
            name="admissions_consultationrequest_hand_over_all",
        )
    ]


def hand_over_all_view(
    request: StaffRequest, owner_id: int, *, site: admin.AdminSite
) -> HttpResponse:
    """GET says how many there are and asks to whom; POST hands them over."""
    if not request.user.has_perm(ownership.REASSIGN_PERMISSION):
        raise PermissionDenied
    owner = get_object_or_404(User, pk=owner_id, is_staff=True)
    form = HandOverAllForm(request.POST or None, owner=owner)
    if request.method == "POST" and form.is_valid():
        try:
            count = ownership.reassign_all(
                owner_id=owner.pk, by=request.user, to=form.cleaned_data["to"]
            )
        except ActionNotAllowed as refused:
            messages.warning(request, str(refused))
        else:
            messages.success(request, describe_result(count))
            return HttpResponseRedirect(f"{reverse(REQUEST_LIST)}?show=unclaimed")
    context = {
        **site.each_context(request),
        "title": _("Hand over all"),
        "form": form,
        "name": formatting.staff_name(owner),
        "count": ConsultationRequest.objects.owned_by(owner).count(),
    }
    return TemplateResponse(request, TEMPLATE, context)


def describe_result(count: int) -> str:
    return ngettext("%(n)s request is handed over.", "%(n)s requests are handed over.", count) % {
        "n": count
    }
