"""The pages of assessment and recommendation: for those who may read them, and nobody else."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from admissions import exceptions
from admissions.accounts.staff_request import StaffRequest
from admissions.admin import contact_summary
from admissions.audit import access_log
from admissions.audit.models import AuditEvent
from admissions.care import assessments, dimensions, recommendations, referrals, rules
from admissions.care.models import Assessment
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest

from . import display, forms, referral_forms

TEMPLATE_DIR = "admin/admissions/assessment"
ASSESSMENT_URL = "admin:admissions_assessment_change"
RECOMMENDATION_URL = "admin:admissions_assessment_recommendation"
TRIAGE_PERMISSION = "admissions.triage_consultationrequest"
NOT_SAVED = _("Nothing is saved yet. Look at the words in red.")
CLINICIAN_NEEDED_NOW = _(
    "A clinician is needed now. Stay with them: 988 in a crisis, 911 in danger or an overdose."
)


@admin.register(Assessment)
class AssessmentAdmin(admin.ModelAdmin):
    """Two pages of a request; nothing of Django's own, and no list of assessments."""

    def get_urls(self) -> list[URLPattern]:
        def at(address: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
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

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_consultation_request(
        self, request: StaffRequest, pk: UUID, permission: str = ""
    ) -> ConsultationRequest:
        """The request, for those who may read assessments and, if named, do this."""
        may = request.user.has_perm
        if not self.has_view_permission(request) or (permission and not may(permission)):
            raise PermissionDenied
        return get_object_or_404(ConsultationRequest.objects.with_history(), pk=pk)

    def assessment_view(self, request: StaffRequest, pk: UUID) -> HttpResponse:
        """The interview as it stands and was, and the form that adds the next version."""
        if request.method != "POST":
            return self.assessment_page(request, self.get_consultation_request(request, pk))
        consultation_request = self.get_consultation_request(
            request, pk, assessments.ASSESS_PERMISSION
        )
        form = forms.AssessmentForm(
            request.POST,
            consultation_request=consultation_request,
            latest=rules.latest_assessment(consultation_request),
        )
        if not form.is_valid() or not self.save_assessment(request, consultation_request, form):
            messages.warning(request, NOT_SAVED)
            return self.assessment_page(
                request, self.get_consultation_request(request, pk), form=form
            )
        return HttpResponseRedirect(reverse(ASSESSMENT_URL, args=[pk]))

    def save_assessment(
        self,
        request: StaffRequest,
        consultation_request: ConsultationRequest,
        form: forms.AssessmentForm,
    ) -> bool:
        try:
            made = assessments.record_assessment(
                request_id=consultation_request.pk,
                by=request.user,
                based_on=form.cleaned_data["seen"],
                findings=form.findings,
                because=form.why_amended,
                has_agreed=form.cleaned_data.get("has_agreed", False),
            )
        except exceptions.ChangedMeanwhile:
            return forms.add_stale_version(form, rules.latest_assessment(consultation_request))
        except ActionNotAllowed as refused:
            return forms.add_refusal(form, refused)
        messages.success(request, _("The assessment is saved."))
        if display.has_urgent_finding(made):
            messages.error(request, CLINICIAN_NEEDED_NOW)
        return True

    def acknowledge_view(self, request: StaffRequest, pk: UUID) -> HttpResponse:
        """A clinician has looked; what was typed stays when it cannot be kept."""
        consultation_request = self.get_consultation_request(
            request, pk, assessments.ACKNOWLEDGE_PERMISSION
        )
        latest = rules.latest_assessment(consultation_request)
        form = forms.AcknowledgeConcernForm(request.POST, latest=latest) if latest else None
        if (
            form is None
            or not form.is_valid()
            or not self.save_acknowledgment(request, consultation_request, form)
        ):
            messages.warning(request, NOT_SAVED)
            return self.assessment_page(
                request, self.get_consultation_request(request, pk), acknowledge=form
            )
        messages.success(request, _("It is noted that a clinician has looked."))
        return HttpResponseRedirect(reverse(ASSESSMENT_URL, args=[pk]))

    def save_acknowledgment(
        self,
        request: StaffRequest,
        consultation_request: ConsultationRequest,
        form: forms.AcknowledgeConcernForm,
    ) -> bool:
        try:
            assessments.acknowledge_concern(
                request_id=consultation_request.pk, by=request.user, **form.cleaned_data
            )
        except exceptions.ChangedMeanwhile:
            return forms.add_stale_version(form, rules.latest_assessment(consultation_request))
        except ActionNotAllowed as refused:
            return forms.add_refusal(form, refused)
        return True

    def assessment_page(
        self,
        request: StaffRequest,
        consultation_request: ConsultationRequest,
        *,
        form: forms.AssessmentForm | None = None,
        acknowledge: forms.AcknowledgeConcernForm | None = None,
    ) -> TemplateResponse:
        """Looking is written down, once for each page that shows it."""
        latest, may = rules.latest_assessment(consultation_request), request.user.has_perm
        if (
            form is None
            and may(assessments.ASSESS_PERMISSION)
            and not consultation_request.is_closed
        ):
            form = forms.AssessmentForm(consultation_request=consultation_request, latest=latest)
        waits = bool(consultation_request.concern_opened_at) and not consultation_request.is_closed
        if acknowledge is None and waits and may(assessments.ACKNOWLEDGE_PERMISSION):
            acknowledge = forms.AcknowledgeConcernForm(latest=latest)
        return self.render_page(
            request,
            consultation_request,
            "assessment",
            title=_("Assessment"),
            interviews=display.assessment_versions(consultation_request),
            form=form,
            is_typed=form is not None and form.is_bound,
            acknowledge=acknowledge if waits else None,
            waits_since=display.describe_concern_since(consultation_request, timezone.now())
            if waits
            else "",
            needs_help_now=waits and latest is not None and display.has_urgent_finding(latest),
            has_not_talked=consultation_request.stage in assessments.STAGES_BEFORE_CONTACT,
            guide=dimensions.CALL_GUIDE,
        )

    def recommendation_view(self, request: StaffRequest, pk: UUID) -> HttpResponse:
        """What is recommended and agreed, as it stands and was, and where else they are led."""
        if request.method != "POST":
            return self.recommendation_page(request, self.get_consultation_request(request, pk))
        consultation_request = self.get_consultation_request(
            request, pk, recommendations.RECOMMEND_PERMISSION
        )
        form = self.recommendation_form(consultation_request, request.POST)
        if (
            form is None
            or not form.is_valid()
            or not self.save_recommendation(request, consultation_request, form)
        ):
            messages.warning(request, NOT_SAVED)
            return self.recommendation_page(
                request, self.get_consultation_request(request, pk), form=form
            )
        messages.success(request, _("The recommendation is saved."))
        return HttpResponseRedirect(reverse(RECOMMENDATION_URL, args=[pk]))

    def recommendation_form(
        self, consultation_request: ConsultationRequest, data: Mapping[str, Any] | None = None
    ) -> forms.RecommendationForm | None:
        """None before there is an assessment to rest on."""
        assessment = rules.latest_assessment(consultation_request)
        if assessment is None:
            return None
        latest = rules.latest_recommendation(consultation_request)
        return forms.RecommendationForm(data, latest=latest, assessment=assessment)

    def save_recommendation(
        self,
        request: StaffRequest,
        consultation_request: ConsultationRequest,
        form: forms.RecommendationForm,
    ) -> bool:
        try:
            recommendations.record_recommendation(
                request_id=consultation_request.pk,
                by=request.user,
                based_on=form.cleaned_data["seen"],
                seen=form.cleaned_data["assessment"],
                advice=form.advice,
                because=form.why_amended,
            )
        except exceptions.ChangedMeanwhile:
            return forms.add_stale_version(form, rules.latest_recommendation(consultation_request))
        except ActionNotAllowed as refused:
            return forms.add_refusal(form, refused)
        return True

    def refer_view(self, request: StaffRequest, pk: UUID) -> HttpResponse:
        """Lead them elsewhere, with a note for those who may read it."""
        consultation_request = self.get_consultation_request(request, pk, TRIAGE_PERMISSION)
        form = referral_forms.ReferralWithNoteForm(
            request.POST, consultation_request=consultation_request, now=timezone.now()
        )
        if form.is_valid():
            try:
                referrals.record_referral(
                    request_id=consultation_request.pk, by=request.user, **form.cleaned_data
                )
            except ActionNotAllowed as refused:
                forms.add_refusal(form, refused)
        if not form.is_valid():
            messages.warning(request, NOT_SAVED)
            return self.recommendation_page(
                request, self.get_consultation_request(request, pk), refer=form
            )
        messages.success(request, _("The referral is noted. Tomorrow we ask if it worked."))
        return HttpResponseRedirect(reverse(RECOMMENDATION_URL, args=[pk]))

    def recommendation_page(
        self,
        request: StaffRequest,
        consultation_request: ConsultationRequest,
        *,
        form: forms.RecommendationForm | None = None,
        refer: referral_forms.ReferralWithNoteForm | None = None,
    ) -> TemplateResponse:
        """Looking is written down, once for each page that shows it."""
        may, made = request.user.has_perm, display.recommendation_versions(consultation_request)
        is_open = not consultation_request.is_closed
        if form is None and is_open and may(recommendations.RECOMMEND_PERMISSION):
            form = self.recommendation_form(consultation_request)
        if refer is None and is_open and may(TRIAGE_PERMISSION):
            refer = referral_forms.ReferralWithNoteForm(
                consultation_request=consultation_request, now=timezone.now()
            )
        return self.render_page(
            request,
            consultation_request,
            "recommendation",
            title=_("Recommendation"),
            made=made,
            form=form,
            is_typed=form is not None and form.is_bound,
            refer=refer,
            credential=rules.credential_of(request.user),
            is_outdated=bool(made) and rules.is_outdated(consultation_request, made[0][0]),
            handovers=display.referral_summaries(consultation_request, with_notes=True),
            has_assessment=consultation_request.assessments.exists(),
        )

    def render_page(
        self,
        request: HttpRequest,
        consultation_request: ConsultationRequest,
        name: str,
        **words: Any,
    ) -> TemplateResponse:
        access_log.log_request_view(
            request, consultation_request, type=AuditEvent.Type.ASSESSMENT_SEEN
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": ConsultationRequest._meta,
            "consultation_request": consultation_request,
            "who": contact_summary.describe_for_whom(consultation_request),
            "tab": name,
            **words,
        }
        return TemplateResponse(request, f"{TEMPLATE_DIR}/{name}.html", context)
