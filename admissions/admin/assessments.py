"""The pages of assessment and recommendation: for those who may read them, and nobody else."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from .. import (
    assessing,
    cards,
    care,
    care_page,
    dimensions,
    looks,
    recommending,
    referring,
)
from ..models import Assessment, AuditEvent, ConsultationRequest, Finding, MoveNotAllowed
from . import care_forms as forms

TEMPLATES = "admin/admissions/assessment"
ASSESSMENT = "admin:admissions_assessment_change"
RECOMMENDATION = "admin:admissions_assessment_recommendation"
TRIAGE = "admissions.triage_consultationrequest"
KEPT = _("Nothing is saved yet. Look at the words in red.")
NOW = _("A clinician is needed now. Stay with them: 988 in a crisis, 911 in danger or an overdose.")


@admin.register(Assessment)
class CareDesk(admin.ModelAdmin):
    """Two pages of a request; nothing of Django's own, and no list of assessments."""

    def get_urls(self):
        def at(address, view, name):
            return path(
                f"<uuid:pk>/{address}",
                self.admin_site.admin_view(view),
                name=f"admissions_assessment_{name}",
            )

        reads = require_http_methods(["GET", "HEAD", "POST"])
        return [
            at("", reads(self.assessment_view), "change"),
            at("acknowledge/", require_POST(self.acknowledge_view), "acknowledge"),
            at("recommendation/", reads(self.recommendation_view), "recommendation"),
            at("refer/", require_POST(self.refer_view), "refer"),
        ]

    def has_module_permission(self, request):
        return False

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def asked(self, request, pk, permission="") -> ConsultationRequest:
        """The request, for those who may read assessments and, if named, do this."""
        may = request.user.has_perm
        if not self.has_view_permission(request) or (permission and not may(permission)):
            raise PermissionDenied
        return get_object_or_404(ConsultationRequest.objects.with_history(), pk=pk)

    def assessment_view(self, request, pk):
        """The interview as it stands and was, and the form that adds the next version."""
        if request.method != "POST":
            return self.assessment_page(request, self.asked(request, pk))
        asked = self.asked(request, pk, assessing.ASSESS)
        form = forms.AssessmentForm(request.POST, asked=asked, latest=care.latest_assessment(asked))
        if not form.is_valid() or not self.record(request, asked, form):
            messages.warning(request, KEPT)
            return self.assessment_page(request, self.asked(request, pk), form=form)
        return HttpResponseRedirect(reverse(ASSESSMENT, args=[pk]))

    def record(self, request, asked, form) -> bool:
        try:
            made = assessing.record_assessment(
                request_id=asked.pk,
                by=request.user,
                based_on=form.cleaned_data["seen"],
                findings=form.findings,
                because=form.why_amended,
                has_agreed=form.cleaned_data.get("has_agreed", False),
            )
        except assessing.ChangedMeanwhile:
            return refuse_stale(form, care.latest_assessment(asked))
        except MoveNotAllowed as refused:
            return refuse(form, refused)
        messages.success(request, _("The assessment is saved."))
        if needs_help_now(made):
            messages.error(request, NOW)
        return True

    def acknowledge_view(self, request, pk):
        """A clinician has looked; what was typed stays when it cannot be kept."""
        asked = self.asked(request, pk, assessing.ACKNOWLEDGE)
        latest = care.latest_assessment(asked)
        form = forms.AcknowledgeForm(request.POST, latest=latest) if latest else None
        if form is None or not form.is_valid() or not self.acknowledge(request, asked, form):
            messages.warning(request, KEPT)
            return self.assessment_page(request, self.asked(request, pk), acknowledge=form)
        messages.success(request, _("It is noted that a clinician has looked."))
        return HttpResponseRedirect(reverse(ASSESSMENT, args=[pk]))

    def acknowledge(self, request, asked, form) -> bool:
        try:
            assessing.acknowledge_concern(request_id=asked.pk, by=request.user, **form.cleaned_data)
        except assessing.ChangedMeanwhile:
            return refuse_stale(form, care.latest_assessment(asked))
        except MoveNotAllowed as refused:
            return refuse(form, refused)
        return True

    def assessment_page(self, request, asked, *, form=None, acknowledge=None):
        """Looking is written down, once for each page that shows it."""
        latest, may = care.latest_assessment(asked), request.user.has_perm
        if form is None and may(assessing.ASSESS) and not asked.is_closed:
            form = forms.AssessmentForm(asked=asked, latest=latest)
        waits = bool(asked.concern_open_since) and not asked.is_closed
        if acknowledge is None and waits and may(assessing.ACKNOWLEDGE):
            acknowledge = forms.AcknowledgeForm(latest=latest)
        return self.draw(
            request,
            asked,
            "assessment",
            title=_("Assessment"),
            interviews=care_page.interviews(asked),
            form=form,
            is_typed=form is not None and form.is_bound,
            acknowledge=acknowledge if waits else None,
            waits_since=care_page.since_words(asked, timezone.now()) if waits else "",
            needs_help_now=waits and needs_help_now(latest),
            has_not_talked=asked.stage in assessing.NOT_TALKED_YET,
            guide=dimensions.CALL_GUIDE,
        )

    def recommendation_view(self, request, pk):
        """What is recommended and agreed, as it stands and was, and where else they are led."""
        if request.method != "POST":
            return self.recommendation_page(request, self.asked(request, pk))
        asked = self.asked(request, pk, recommending.RECOMMEND)
        form = self.recommendation_form(asked, request.POST)
        if form is None or not form.is_valid() or not self.recommend(request, asked, form):
            messages.warning(request, KEPT)
            return self.recommendation_page(request, self.asked(request, pk), form=form)
        messages.success(request, _("The recommendation is saved."))
        return HttpResponseRedirect(reverse(RECOMMENDATION, args=[pk]))

    def recommendation_form(self, asked, data=None):
        """None before there is an assessment to rest on."""
        assessment = care.latest_assessment(asked)
        if assessment is None:
            return None
        latest = care.latest_recommendation(asked)
        return forms.RecommendationForm(data, latest=latest, assessment=assessment)

    def recommend(self, request, asked, form) -> bool:
        try:
            recommending.recommend(
                request_id=asked.pk,
                by=request.user,
                based_on=form.cleaned_data["seen"],
                seen=form.cleaned_data["assessment"],
                advice=form.advice,
                because=form.why_amended,
            )
        except assessing.ChangedMeanwhile:
            return refuse_stale(form, care.latest_recommendation(asked))
        except MoveNotAllowed as refused:
            return refuse(form, refused)
        return True

    def refer_view(self, request, pk):
        """Lead them elsewhere, with a note for those who may read it."""
        asked = self.asked(request, pk, TRIAGE)
        form = forms.ReferWithNoteForm(request.POST, request=asked, now=timezone.now())
        if form.is_valid():
            try:
                referring.refer(request_id=asked.pk, by=request.user, **form.cleaned_data)
            except MoveNotAllowed as refused:
                refuse(form, refused)
        if not form.is_valid():
            messages.warning(request, KEPT)
            return self.recommendation_page(request, self.asked(request, pk), refer=form)
        messages.success(request, _("The referral is noted. Tomorrow we ask if it worked."))
        return HttpResponseRedirect(reverse(RECOMMENDATION, args=[pk]))

    def recommendation_page(self, request, asked, *, form=None, refer=None):
        """Looking is written down, once for each page that shows it."""
        may, made = request.user.has_perm, care_page.recommendations(asked)
        is_open = not asked.is_closed
        if form is None and is_open and may(recommending.RECOMMEND):
            form = self.recommendation_form(asked)
        if refer is None and is_open and may(TRIAGE):
            refer = forms.ReferWithNoteForm(request=asked, now=timezone.now())
        return self.draw(
            request,
            asked,
            "recommendation",
            title=_("Recommendation"),
            made=made,
            form=form,
            is_typed=form is not None and form.is_bound,
            refer=refer,
            credential=care.credential_of(request.user),
            is_outdated=bool(made) and care.is_outdated(asked, made[0][0]),
            handovers=care_page.handovers(asked, with_notes=True),
            has_assessment=asked.assessments.exists(),
        )

    def draw(self, request, asked, name, **words):
        looks.record_request(request, asked, type=AuditEvent.Type.ASSESSMENT_SEEN)
        context = {
            **self.admin_site.each_context(request),
            "opts": ConsultationRequest._meta,
            "asked": asked,
            "who": cards.who(asked),
            "tab": name,
            **words,
        }
        return TemplateResponse(request, f"{TEMPLATES}/{name}.html", context)


def refuse(form, refused) -> bool:
    form.add_error(None, str(refused))
    return False


def refuse_stale(form, latest) -> bool:
    form.age(latest)
    return False


def needs_help_now(assessment: Assessment) -> bool:
    """What was found about the mind or about danger to life asks for a clinician at once."""
    found = assessment.findings.all()
    return any(
        each.dimension == Finding.Dimension.PSYCHIATRIC
        and each.concern == Finding.Concern.NEEDS_CLINICIAN
        for each in found
    )
