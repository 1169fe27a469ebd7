"""The triage desk: the list of requests, the page of one request, and the steps staff take."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from .. import (
    benefits,
    cards,
    contact_plan,
    desk,
    handling,
    live,
    looks,
    narrowing,
    queues,
    recommending,
    referring,
    request_page,
    search,
    triage,
    waitlist,
)
from ..models import ConsultationRequest, MoveNotAllowed, SlotTaken
from . import benefits as insurance
from . import care_forms, duplicates, forms, handling_forms, paging, request_list

LIST = "admin:admissions_consultationrequest_changelist"
PAGE = "admin:admissions_consultationrequest_change"
CALENDAR = "admin:admissions_consultation_week"
SEARCHED = "triage_search"
LIVE = "admin/admissions/consultationrequest/_live.html"
VIEWS = {
    "save_view": ("views/save/", request_list.save_view),
    "delete_view": ("views/<int:pk>/delete/", request_list.delete_view),
}


@dataclass(frozen=True)
class Step:
    """One thing staff do to a request: its form, the service that does it, what we say after."""

    form: type[forms.StepForm]
    do: Callable
    done: Promise


STEPS = {
    "claim": Step(forms.StepForm, triage.claim, _("This request is yours now.")),
    "log": Step(forms.LogForm, triage.log_attempt, _("The attempt is logged.")),
    "complete": Step(forms.StepForm, triage.complete, _("The consultation is completed.")),
    "no-show": Step(forms.StepForm, triage.mark_no_show, _("Marked as a no-show.")),
    "move": Step(forms.MoveForm, triage.reschedule, _("The consultation is moved.")),
    "plan": Step(forms.PlanForm, contact_plan.change_by_phone, _("The contact plan is changed.")),
    "look-sooner": Step(forms.StepForm, waitlist.put_on, _("We write if something opens sooner.")),
    "stop-looking": Step(forms.StepForm, waitlist.take_off, _("We look no longer.")),
    "hand-over": Step(
        handling_forms.HandOverForm, handling.hand_over, _("It is your colleague’s now.")
    ),
    "give-back": Step(handling_forms.OwnedForm, handling.give_back, _("Anyone may claim it now.")),
    "set-aside": Step(handling_forms.SetAsideForm, handling.set_aside, _("It is set aside.")),
    "take-up": Step(forms.StepForm, handling.take_up, _("It is taken up again.")),
    "note": Step(handling_forms.NoteForm, handling.add_note, _("The note is kept.")),
    "escalate": Step(
        forms.StepForm,
        handling.escalate,
        _("It stands first for everyone. The on-call lead is alerted."),
    ),
    "reopen": Step(handling_forms.ReopenForm, handling.reopen, _("The request is open again.")),
    "begin": Step(
        care_forms.BeginForm, recommending.begin_admission, _("The admission has begun.")
    ),
    "admit": Step(care_forms.AdmitForm, triage.close, _("They are admitted.")),
    "refer": Step(
        care_forms.ReferForm, referring.refer, _("It is noted. Tomorrow we ask if it worked.")
    ),
    "confirm-handover": Step(
        care_forms.ConfirmForm, referring.confirm_handover, _("The hand-over is confirmed.")
    ),
    "ask-insurance": Step(insurance.AskForm, benefits.ask, _("The insurance desk looks into it.")),
    "close": Step(forms.CloseForm, triage.close, _("The request is closed.")),
}


class QueueFilter(admin.SimpleListFilter):
    """The chips above the list: one queue at a time, or what a search found."""

    title = _("queue")
    parameter_name = narrowing.SHOW

    def lookups(self, request, model_admin):
        return queues.NAMES

    def queryset(self, request, queryset):
        now = timezone.now()
        if self.value() != queues.FOUND:
            return queues.listed(queryset, self.value(), by=request.user, now=now)
        request.found = search.find(request.session.get(SEARCHED, ""), now=now)
        return queryset.filter(pk__in=request.found.ids).in_triage_order(now=now)


@admin.register(ConsultationRequest)
class RequestDesk(admin.ModelAdmin):
    """Requests are made by the public and changed by triage: nothing is edited here."""

    list_filter = [QueueFilter, *request_list.FILTERS]
    list_per_page = list_max_show_all = 50
    paginator = paging.ShortPaginator
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_triage_permission(self, request):
        return request.user.has_perm("admissions.triage_consultationrequest")

    def get_queryset(self, request):
        return super().get_queryset(request).with_history()

    def get_urls(self):
        steps = [
            path(
                f"<uuid:pk>/{name}/",
                self.admin_site.admin_view(require_POST(partial(self.step_view, name=name))),
                name=f"admissions_consultationrequest_{name.replace('-', '_')}",
            )
            for name in STEPS
        ]
        search = path(
            "search/",
            self.admin_site.admin_view(require_POST(self.search_view)),
            name="admissions_consultationrequest_search",
        )
        views = [
            path(
                address,
                self.admin_site.admin_view(require_POST(request_list.for_viewers(view))),
                name=f"admissions_consultationrequest_{name}",
            )
            for name, (address, view) in VIEWS.items()
        ]
        merging = path(
            "<uuid:pk>/duplicates/",
            self.admin_site.admin_view(partial(duplicates.compare_view, site=self.admin_site)),
            name="admissions_consultationrequest_duplicates",
        )
        return [*steps, merging, search, *views, *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        """The list, with a card for each row and a count on each chip."""
        response = super().changelist_view(request, extra_context)
        if not hasattr(response, "context_data"):
            return response
        shown, changes = request.GET.get(narrowing.SHOW), response.context_data["cl"]
        response.context_data |= {
            "title": _("Triage"),
            "show": shown,
            "search": forms.SearchForm(auto_id="search_%s", label_suffix=""),
            "found": getattr(request, "found", None),
            "most": paging.most(changes),
            "look": request_list.look(request, changes, shown=shown).pk,
            **request_list.words(
                request, changes, shown=shown, may_triage=self.has_triage_permission(request)
            ),
        }
        if live.is_refresh(request):
            return live.fresh(request, response, LIVE)
        return response

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The page of one request; looking at it is recorded, and changes nothing else."""
        asked = self.get_object(request, object_id)
        if not self.has_view_permission(request, asked):
            raise PermissionDenied
        if asked is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)

        return self.page(request, asked)

    def history_view(self, request, object_id, extra_context=None):
        """The timeline is on the page itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse(PAGE, args=[object_id]) + "#timeline")

    def search_view(self, request):
        """Keeps the term in the session, so that no name ever stands in an address."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = forms.SearchForm(request.POST)
        if not form.is_valid():
            messages.warning(request, form.errors["term"][0])
            return HttpResponseRedirect(reverse(LIST))
        request.session[SEARCHED] = form.cleaned_data["term"]
        return HttpResponseRedirect(reverse(LIST) + f"?show={queues.FOUND}")

    def step_view(self, request, pk, *, name):
        """Takes one step, or says kindly why not and keeps what was typed."""
        if not self.has_triage_permission(request):
            raise PermissionDenied
        asked, step = get_object_or_404(self.get_queryset(request), pk=pk), STEPS[name]
        form = step.form(request.POST, request=asked, now=timezone.now())
        if not form.is_valid():
            messages.warning(request, _("Nothing is changed yet. Look at the words in red."))
            return self.page(request, asked, {name: form})
        try:
            step.do(request_id=asked.pk, by=request.user, **form.cleaned_data)
        except (MoveNotAllowed, SlotTaken) as refused:
            return self.refuse(request, asked, name, form, refused)
        messages.success(request, self.told(request, asked, step))
        return HttpResponseRedirect(after(request, asked))

    def told(self, request, asked, step) -> str:
        """What was done; on the list also to which request, and what comes next for it."""
        if "query" not in request.POST:
            return step.done
        now, asked = timezone.now(), self.get_queryset(request).get(pk=asked.pk)
        words = {
            "reference": asked.reference,
            "done": step.done,
            "next": desk.next_action(asked, now).text,
        }
        return _("%(reference)s: %(done)s Next: %(next)s.") % words

    def refuse(self, request, asked, name, form, refused):
        """The page as it is now, with the reason above and the form as it was sent."""
        messages.warning(request, str(refused) or _("That time was just taken. Choose another."))
        if "query" in request.POST:
            return HttpResponseRedirect(after(request, asked))
        return self.page(request, self.get_queryset(request).get(pk=asked.pk), {name: form})

    def steps_for(self, request, asked, now) -> set[str]:
        """What this person may do now; giving away takes an owner, or a role that assigns."""
        steps = cards.open_steps(asked, now)
        if not handling.may_hand_over(asked, request.user):
            steps -= {"hand-over", "give-back"}
        return steps

    def page(self, request, asked, sent=None):
        """The page of one request; `sent` maps steps to forms that came back."""
        looks.record_request(request, asked)
        now, may_triage = timezone.now(), self.has_triage_permission(request)
        names = self.steps_for(request, asked, now) if may_triage else set()
        blank = {name: STEPS[name].form(request=asked, now=now) for name in names}
        sent = sent or {}
        context = {
            **self.admin_site.each_context(request),
            **request_page.words(asked, by=request.user, now=now),
            "title": asked.reference,
            "opts": self.opts,
            "forms": by_name(blank | sent),
            "sent": by_name(sent),
            "may_triage": may_triage,
            "calendar": calendar_for(asked) if may_triage else "",
            "may_answer_for_messages": request.user.has_perm("admissions.answer_for_messages"),
        }
        return TemplateResponse(
            request, "admin/admissions/consultationrequest/request.html", context
        )


def by_name(forms_of_steps: dict) -> dict:
    """By names that templates can say."""
    return {key.replace("-", "_"): form for key, form in forms_of_steps.items()}


def calendar_for(asked) -> str:
    """The week calendar, to book a time for this request or to move the one that stands."""
    consultation = desk.standing(asked)
    query = {"for": asked.pk}
    if consultation:
        day = max(timezone.localdate(consultation.starts_at), timezone.localdate())
        query = {"move": consultation.pk, "counselor": consultation.counselor_id, "from": day}
    return "" if asked.is_closed else f"{reverse(CALENDAR)}?{urlencode(query)}"


def after(request, asked) -> str:
    """Back to the row of the list a step was taken from, else to the request."""
    if "query" in request.POST:
        return request_list.back(request, asked)
    return reverse(PAGE, args=[asked.pk])
