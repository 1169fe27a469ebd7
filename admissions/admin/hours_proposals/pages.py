"""My hours, for counselors; and what was proposed, for those who decide."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from admissions import formatting, staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.admin.scheduling import absences
from admissions.admin.staff_requests import as_staff
from admissions.audit import access_log
from admissions.booking import hours_proposals
from admissions.exceptions import ActionNotAllowed
from admissions.scheduling.models import Counselor, HoursProposal, WeeklyHours
from admissions.scheduling.models.working_hours import LocalHours
from users.models import User

from .week_form import DeclineForm, WeekForm, describe_hours

MINE = "admin:admissions_hoursproposal_mine"
LIST = "admin:admissions_hoursproposal_changelist"
MAX_DECIDED = 20


@dataclass(frozen=True)
class DayLine:
    """One weekday in words: what is, and what is asked for where that differs."""

    day: str
    now: str
    asked: str = ""
    is_other: bool = False


@dataclass(frozen=True)
class LeftOut:
    """A consultation outside of the proposed hours, and when it is."""

    pk: int
    request_id: UUID
    when: str


@dataclass(frozen=True)
class ProposalCard:
    """What somebody asks for, what it would leave out, and whether the reader may decide."""

    proposal: HoursProposal
    who: str
    from_when: str
    lines: list[DayLine]
    left_out: list[LeftOut]
    may_decide: bool
    form: DeclineForm


@dataclass(frozen=True)
class DecidedLine:
    proposal: HoursProposal
    who: str
    when: str
    by: str


@admin.register(HoursProposal)
class HoursProposalAdmin(ReadOnlyAdmin):
    """Pages of its own; nothing of Django's."""

    def get_urls(self) -> list[URLPattern]:
        def at(address: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(
                address, self.admin_site.admin_view(view), name=f"admissions_hoursproposal_{name}"
            )

        return [
            at("", require_safe(self.changelist_view), "changelist"),
            at("mine/", require_http_methods(["GET", "HEAD", "POST"])(self.mine_view), "mine"),
            at("mine/withdraw/", require_POST(withdraw_view), "withdraw"),
            at("<int:pk>/accept/", require_POST(accept_view), "accept"),
            at("<int:pk>/decline/", require_POST(self.decline_view), "decline"),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        """What waits, with the consultations that it would leave out; then what was decided."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.render_list(as_staff(request), DeclineForm(), None)

    def decline_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        check_may_decide(request)
        form = DeclineForm(request.POST, label_suffix="")
        if not form.is_valid():
            return self.render_list(request, form, pk)
        try:
            hours_proposals.decline(
                proposal_id=pk, by=request.user, answer=form.cleaned_data["answer"]
            )
        except ActionNotAllowed as refused:
            messages.warning(request, str(refused))
        else:
            messages.success(request, _("Declined. They read your words on their page."))
        return redirect(LIST)

    def render_list(self, request: StaffRequest, form: DeclineForm, pk: int | None) -> HttpResponse:
        now = timezone.now()
        waiting = HoursProposal.objects.waiting().order_by("asked_at", "pk")
        cards = [
            build_card(each, by=request.user, now=now, form=form if each.pk == pk else None)
            for each in waiting.select_related("counselor__location", "counselor__user")
        ]
        shown = [each.request_id for card in cards for each in card.left_out]
        access_log.log_view(request, code="proposed hours", shown=shown)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Proposed hours"),
            "cards": cards,
            "decided": list_decided(),
        }
        return TemplateResponse(request, "admin/admissions/hoursproposal/list.html", context)

    def mine_view(self, request: StaffRequest) -> HttpResponse:
        """One's own hours, what waits, and the form for another week."""
        if not request.user.has_perm(hours_proposals.PROPOSE):
            raise PermissionDenied
        counselor = Counselor.objects.filter(user=request.user).select_related("location").first()
        hours: list[LocalHours] = []
        if counselor:
            hours = [*hours_of(counselor)]
        form = WeekForm(request.POST if request.method == "POST" else None, hours=hours)
        if request.method == "POST":
            if counselor is None:
                raise PermissionDenied
            if form.is_valid() and try_to_propose(request, form):
                return redirect(MINE)
        proposal = newest_of(counselor) if counselor else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("My hours"),
            "counselor": counselor,
            "lines": build_lines(hours, None),
            "form": form,
            "proposal": proposal,
            "asked": build_lines(hours, [*proposal.stretches.all()]) if proposal else [],
            "from_when": date_format(proposal.from_day, "l, F j") if proposal else "",
        }
        return TemplateResponse(request, "admin/admissions/hoursproposal/mine.html", context)


def try_to_propose(request: StaffRequest, form: WeekForm) -> bool:
    try:
        hours_proposals.propose(
            by=request.user,
            from_day=form.from_when,
            stretches=form.stretches,
            note=form.cleaned_data["note"],
        )
    except ActionNotAllowed as refused:
        form.add_error("from_day", str(refused))
        return False
    messages.success(request, _("Sent. Your hours stay as they are until somebody accepts it."))
    return True


def withdraw_view(request: StaffRequest) -> HttpResponse:
    try:
        if hours_proposals.withdraw(by=request.user):
            messages.success(request, _("Taken back. Your hours stay as they are."))
        else:
            messages.warning(request, _("Nothing waits any more."))
    except ActionNotAllowed as refused:
        raise PermissionDenied from refused
    return redirect(MINE)


def accept_view(request: StaffRequest, pk: int) -> HttpResponse:
    check_may_decide(request)
    seen = {int(each) for each in request.POST.getlist("seen")[:200] if each.isdecimal()}
    try:
        proposal = hours_proposals.accept(proposal_id=pk, by=request.user, seen=seen)
    except ActionNotAllowed as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("Accepted. The new hours count from their day on."))
        absences.warn_of_gaps(request, proposal.counselor)
    return redirect(LIST)


def check_may_decide(request: StaffRequest) -> None:
    if not request.user.has_perm(hours_proposals.DECIDE):
        raise PermissionDenied


def newest_of(counselor: Counselor) -> HoursProposal | None:
    """What they asked for last, while it waits or for as long as its answer is news."""
    newest = counselor.hours_proposals.order_by("-pk").first()
    shown = {"", HoursProposal.Outcome.DECLINED, HoursProposal.Outcome.ACCEPTED}
    return newest if newest and newest.outcome in shown else None


def hours_of(counselor: Counselor) -> list[WeeklyHours]:
    """The weekly hours that count today."""
    today = timezone.localdate(timezone=counselor.zone)
    current = hours_proposals.list_current(counselor, today)
    return [each for each in current if each.valid_from is None or each.valid_from <= today]


def build_lines(hours: Iterable[LocalHours], asked: Iterable[LocalHours] | None) -> list[DayLine]:
    now, then = by_day(hours), by_day(asked or ())
    return [
        DayLine(
            str(day.label),
            now.get(day.value, _("none")),
            then.get(day.value, _("none")),
            is_other=asked is not None and now.get(day.value) != then.get(day.value),
        )
        for day in WeeklyHours.Weekday
    ]


def by_day(hours: Iterable[LocalHours]) -> dict[int, str]:
    found: dict[int, list[str]] = {}
    for each in hours:
        found.setdefault(each.weekday, []).append(describe_hours(each))  # type: ignore[attr-defined]
    return {day: ", ".join(texts) for day, texts in found.items()}


def build_card(
    proposal: HoursProposal, *, by: User, now: datetime, form: DeclineForm | None
) -> ProposalCard:
    return ProposalCard(
        proposal=proposal,
        who=proposal.counselor.public_name,
        from_when=date_format(proposal.from_day, "l, F j"),
        lines=build_lines(hours_of(proposal.counselor), [*proposal.stretches.all()]),
        left_out=[
            LeftOut(each.pk, each.request_id, staff_formatting.format_date_and_time(each.starts_at))
            for each in hours_proposals.find_left_out(proposal, now=now)
        ],
        may_decide=hours_proposals.may_decide(by, proposal),
        form=form or DeclineForm(label_suffix="", auto_id=f"id_{proposal.pk}_%s"),
    )


def list_decided() -> list[DecidedLine]:
    """The last that were decided, the newest first."""
    ends = [HoursProposal.Outcome.ACCEPTED, HoursProposal.Outcome.DECLINED]
    rows = HoursProposal.objects.filter(outcome__in=ends).order_by("-decided_at", "-pk")
    return [
        DecidedLine(
            each,
            each.counselor.public_name,
            date_format(each.from_day, "F j"),
            formatting.staff_name(each.decided_by) if each.decided_by else "",
        )
        for each in rows.select_related("counselor", "decided_by")[:MAX_DECIDED]
    ]
