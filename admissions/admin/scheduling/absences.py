"""A counselor goes away, or has left: the pages on which staff decide about each consultation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from admissions import staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.audit import access_log
from admissions.booking import absences
from admissions.form_fields import PlainTextField
from admissions.scheduling import coverage
from admissions.scheduling.models import Consultation, Counselor
from users.models import User

from .closures import DateTimeRangeForm, redirect_to_calendar

COUNSELOR_PAGE = "admin:admissions_counselor_change"
TEMPLATE = "admin/admissions/counselor/absence.html"
HAND_OVER_PREFIX = "to-"


class AbsenceForm(DateTimeRangeForm):
    """When someone is away; only time that is not over."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors and data["ends_at"] <= timezone.now():
            self.add_error("first_day", _("This time is over. Choose another."))
        return data


class DecisionsForm(forms.Form):
    """One choice for each consultation; what came in meanwhile has none yet."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, cases: list[absences.AffectedConsultation]
    ) -> None:
        super().__init__(data, label_suffix="")
        self.cases = cases
        for case in cases:
            self.fields[decision_field_name(case.consultation)] = decision_field(case)

    def decisions(self) -> dict:
        """Ids of consultations, with the id of a colleague or what else was decided."""
        chosen = {
            each.consultation.pk: self.cleaned_data[decision_field_name(each.consultation)]
            for each in self.cases
        }
        return {pk: parse_decision(value) for pk, value in chosen.items()}

    def add_faults(self, not_settled: absences.UnresolvedConsultations) -> None:
        """Says beside each what changed between showing and saving."""
        self.is_valid()
        for pk in not_settled.taken:
            self.add_error(f"decision_{pk}", TAKEN_ERROR)
        for pk in not_settled.undecided:
            if f"decision_{pk}" in self.fields:
                self.add_error(f"decision_{pk}", UNDECIDED_ERROR)


class ReasonForm(forms.Form):
    reason = PlainTextField(
        label=_("Reason (optional)"),
        required=False,
        max_length=80,
        help_text=_("Only staff see this. No health details."),
    )


UNDECIDED_ERROR = _("Choose what becomes of it.")
TAKEN_ERROR = _("This colleague is no longer free then. Choose again.")


def decision_field_name(consultation: Consultation) -> str:
    return f"decision_{consultation.pk}"


def parse_decision(value: str) -> int | str:
    return (
        int(value.removeprefix(HAND_OVER_PREFIX)) if value.startswith(HAND_OVER_PREFIX) else value
    )


def decision_field(case: absences.AffectedConsultation) -> forms.ChoiceField:
    who = case.consultation.counselor.public_name
    when = staff_formatting.format_date_and_time(case.consultation.starts_at)
    hand = [
        (f"{HAND_OVER_PREFIX}{load.counselor_id}", hand_over_label(load, case))
        for load in case.colleagues
    ]
    keep = [(absences.KEEP, _("Keep: %(who)s holds it all the same") % {"who": who})]
    free = [(absences.CANCEL, _("Cancel: they choose again, and we call them"))]
    return forms.ChoiceField(
        label=_("What becomes of %(when)s") % {"when": when},
        choices=[("", _("Choose")), *hand, *(keep if case.may_keep else []), *free],
        initial=f"{HAND_OVER_PREFIX}{case.best.counselor_id}" if case.best else "",
        error_messages={"required": UNDECIDED_ERROR, "invalid_choice": TAKEN_ERROR},
    )


def hand_over_label(load: absences.CounselorLoad, case: absences.AffectedConsultation) -> str:
    words = _("Hand to %(who)s") % {"who": load.public_name}
    return f"{words} ({_('least loaded')})" if load == case.best else words


@dataclass(frozen=True)
class DecisionRow:
    """One consultation on the page: when, what, and the choice about it."""

    case: absences.AffectedConsultation
    when: str
    field: BoundField


def may_reassign_consultations(user: User, counselor: Counselor) -> bool:
    """Directors and coordinators for anyone; a counselor for themself."""
    is_own = counselor.user_id == user.pk
    return user.has_perm("admissions.hand_over") or (
        is_own and user.has_perm("admissions.triage_consultationrequest")
    )


def absence_urls(site: admin.AdminSite) -> list:
    """Where the two pages live, beside the counselor's own."""

    def at(address: str, name: str, view: Callable[..., HttpResponseBase]) -> URLPattern:
        checked = site.admin_view(require_http_methods(["GET", "POST"])(view))
        return path(f"<int:pk>/{address}/", checked, name=f"admissions_counselor_{name}")

    return [at("away", "absence", absence_view), at("gaps", "gaps", gaps_view)]


def absence_view(request: StaffRequest, pk: int) -> HttpResponse:
    """When, then what becomes of each consultation in that time; one POST does it all."""
    counselor = counselor_or_403(request, pk)
    submitted = request.POST if request.method == "POST" else request.GET
    when = AbsenceForm(submitted or None, label_suffix="")
    if not when.is_valid():
        return render_absence(request, counselor, when=when)
    span = {name: when.cleaned_data[name] for name in ("starts_at", "ends_at")}
    reason = ReasonForm(request.POST or None, label_suffix="")

    def save(decisions: dict[int, int | str]) -> None:
        reason.is_valid()
        absences.record_absence(
            counselor=counselor,
            **span,
            reason=reason.cleaned_data["reason"],
            decisions=decisions,
            by=request.user,
        )

    find = partial(absences.find_consultations_during, counselor, **span)
    page = {
        "when": when,
        "reason": reason,
        "span": staff_formatting.format_datetime_range(*span.values()),
    }
    return handle_decisions(request, counselor, find, save, **page)


def gaps_view(request: StaffRequest, pk: int) -> HttpResponse:
    """What stands with someone who left, or in time that is closed or without hours."""
    counselor = counselor_or_403(request, pk)

    def save(decisions: dict[int, int | str]) -> None:
        absences.resolve_coverage_gaps(counselor=counselor, decisions=decisions, by=request.user)

    return handle_decisions(
        request, counselor, partial(absences.find_uncovered_consultations, counselor), save
    )


def counselor_or_403(request: StaffRequest, pk: int) -> Counselor:
    counselor = get_object_or_404(Counselor.objects.select_related("user"), pk=pk)
    if not may_reassign_consultations(request.user, counselor):
        raise PermissionDenied
    return counselor


def handle_decisions(
    request: StaffRequest,
    counselor: Counselor,
    find: Callable[[], list[Consultation]],
    save: Callable[[dict[int, int | str]], None],
    **page: Any,
) -> HttpResponse:
    """The choices; saved when each is made and none was overtaken, else shown as things stand."""
    form = DecisionsForm(request.POST or None, cases=absences.match_colleagues(find()))
    if request.method != "POST":
        return render_absence(request, counselor, form=form, **page)
    if form.is_valid() and page.get("reason", form).is_valid():
        try:
            save(form.decisions())
        except absences.UnresolvedConsultations as not_settled:
            form = DecisionsForm(request.POST, cases=absences.match_colleagues(find()))
            form.add_faults(not_settled)
        else:
            return redirect_saved(request, counselor, form)
    messages.warning(request, _("Nothing is saved yet. Look at what is marked below."))
    return render_absence(request, counselor, form=form, **page)


def warn_of_gaps(request: HttpRequest, counselor: Counselor) -> None:
    """After a save that took time away from consultations: says so, and leads to the page."""
    found = coverage.find_gaps(now=timezone.now(), counselor=counselor)
    if not found:
        return
    words = ngettext(
        "%(n)s consultation of %(who)s stands in time that they no longer have.",
        "%(n)s consultations of %(who)s stand in time that they no longer have.",
        len(found),
    ) % {"n": len(found), "who": counselor.public_name}
    link = reverse("admin:admissions_counselor_gaps", args=[counselor.pk])
    named = format_html('{} <a href="{}">{}</a>', words, link, _("Hand over, keep or cancel"))
    messages.warning(request, named)


def redirect_saved(
    request: HttpRequest, counselor: Counselor, form: DecisionsForm
) -> HttpResponseRedirect:
    messages.success(request, describe_saved(counselor, form.decisions()))
    back = redirect_to_calendar(request, counselor_id=counselor.pk)
    return back or HttpResponseRedirect(reverse(COUNSELOR_PAGE, args=[counselor.pk]))


def describe_saved(counselor: Counselor, decisions: dict) -> str:
    kept = sum(each == absences.KEEP for each in decisions.values())
    freed = sum(each == absences.CANCEL for each in decisions.values())
    return _(
        "Saved for %(who)s: %(handed)s handed over, %(kept)s kept, %(freed)s canceled."
        " Those who agreed to email are written to; everyone else is due for a call."
    ) % {
        "who": counselor.public_name,
        "handed": len(decisions) - kept - freed,
        "kept": kept,
        "freed": freed,
    }


def render_absence(
    request: StaffRequest,
    counselor: Counselor,
    *,
    form: DecisionsForm | None = None,
    when: AbsenceForm | None = None,
    **page: Any,
) -> HttpResponse:
    code = f"{'away' if when else 'gaps'} {counselor.pk}"
    cases = form.cases if form else []
    access_log.log_view(request, code=code, shown=[each.consultation.request_id for each in cases])
    title = _("%(who)s goes away") if when else _("Consultations that %(who)s cannot hold")
    context = {
        **admin.site.each_context(request),
        "title": title % {"who": counselor.public_name},
        "counselor": counselor,
        "calendar": request.GET.get("calendar", ""),
        "when": when,
        "form": form,
        "rows": decision_rows(form) if form else None,
        "hidden": [(field.html_name, field.value() or "") for field in when] if when else [],
        **page,
    }
    return TemplateResponse(request, TEMPLATE, context)


def decision_rows(form: DecisionsForm) -> list[DecisionRow]:
    return [
        DecisionRow(
            case,
            staff_formatting.format_date_and_time(case.consultation.starts_at),
            form[decision_field_name(case.consultation)],
        )
        for case in form.cases
    ]
