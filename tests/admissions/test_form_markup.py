"""Every form of our own pages: controls have names, notes are tied to them, marks are true.

A new form class is a line in FORMS; until then a test names it.
"""

from datetime import timedelta

import pytest
from django import forms
from django.contrib.admin.views.main import ChangeListSearchForm
from django.forms.models import BaseModelForm

from admissions.admin import action_form
from admissions.admin.alerts import forms as alerts
from admissions.admin.audit import events
from admissions.admin.calls import new_call_form
from admissions.admin.care import forms as care
from admissions.admin.care import insurance, referral_forms
from admissions.admin.hours_proposals import week_form
from admissions.admin.messaging import outbox, rules, templates
from admissions.admin.on_call import rota
from admissions.admin.operations import forms as operations
from admissions.admin.privacy import forms as privacy
from admissions.admin.reporting import views as reporting
from admissions.admin.scheduling import (
    absences,
    availability_check,
    calendar,
    closures,
    external_calendars,
    phone_form,
)
from admissions.admin.triage import (
    cancel_form,
    duplicates,
    handing_over_all,
    ownership_forms,
    request_list,
)
from admissions.admin.triage import forms as triage
from admissions.alerts.catalog import Channels, Kind
from admissions.booking.absences import match_colleagues
from admissions.care.models import BenefitsVerification
from admissions.messaging.models import MessageRule
from admissions.public import callback_form, contact_plan_form, form_base, lookup_forms
from admissions.public import forms as public
from admissions.public.guide_answers import GuideAnswers
from admissions.public.receipts import call_time_form, correction_form
from programs.forms.guide_form import GuideForm
from tests.support import care as care_rows
from tests.support import factories, reports
from tests.support.desk import NOW, minutes
from tests.support.drawn_form import FormDrawing, draw

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]

GUIDE = GuideAnswers({"danger": "no"}, "self")


def on_request(form, **columns):
    """A form of the request page, for a request of these columns."""

    def build(data):
        return form(data, consultation_request=factories.make_request(**columns), now=NOW)

    return build


def build_plan(data):
    request = factories.make_request()
    return contact_plan_form.ContactPlanForm(data, consultation_request=request, owns_email=True)


def build_correction(data):
    request = factories.make_request()
    return correction_form.CorrectionForm(data, consultation_request=request)


def build_call_time(data):
    request = factories.make_request()
    return call_time_form.CallTimeForm(data, consultation_request=request)


def build_move(data):
    consultation = factories.make_consultation(starts_at=minutes(24 * 60))
    return triage.MoveConsultationForm(data, consultation_request=consultation.request, now=NOW)


def build_admit(data):
    request, by = care_rows.make_talked(), care_rows.make_signing()
    care_rows.assess(request, by)
    care_rows.recommend(request, by)
    return referral_forms.AdmitForm(data, consultation_request=request, now=NOW)


def build_decisions(data):
    consultation = factories.make_consultation(starts_at=minutes(24 * 60))
    return absences.DecisionsForm(data, cases=match_colleagues([consultation]))


def build_assessment(data):
    """For someone else, and after a first version: then it has every field."""
    request, by = care_rows.make_talked(for_whom="loved_one"), care_rows.make_signing()
    latest = care_rows.assess(request, by, has_agreed=True)
    return care.AssessmentForm(data, consultation_request=request, latest=latest)


def build_acknowledgment(data):
    return care.AcknowledgeConcernForm(data, latest=None)


def build_recommendation(data):
    request, by = care_rows.make_talked(), care_rows.make_signing()
    made = care_rows.assess(request, by)
    return care.RecommendationForm(data, latest=care_rows.recommend(request, by), assessment=made)


def build_check(data):
    request = factories.make_request()
    of = BenefitsVerification.objects.create(request=request, changed_at=NOW)
    return insurance.BenefitsVerificationForm(data, of=of)


def build_channels(data):
    return alerts.ChannelsForm(data, kind=Kind.HANDED, channels=Channels())


def build_hold(data):
    """For someone who asked twice."""
    first, second = factories.make_request(), factories.make_request()
    return privacy.HoldForm(data, consultation_request=first, others=[second])


def build_disclosure(data):
    """Of someone who was referred."""
    request, by = factories.make_request(), factories.make_user()
    return privacy.DisclosureForm(data, referrals=[reports.refer(request, by)])


def build_hand_over_all(data):
    return handing_over_all.HandOverAllForm(data, owner=factories.make_user())


def build_period(data):
    return privacy.PeriodForm(data, rule="spam", period=timedelta(days=30))


def build_rule(data):
    """The one kind of rule with two lengths of time."""
    return rules.MessageRuleForm(data, rule=MessageRule.objects.get(kind="reminder_day"))


FORMS = {
    public.DetailsForm: lambda data: public.DetailsForm(data, mode="phone", guide=GUIDE),
    callback_form.CallbackForm: lambda data: callback_form.CallbackForm(data, guide=GUIDE),
    public.CancelForm: public.CancelForm,
    contact_plan_form.ContactPlanForm: build_plan,
    correction_form.CorrectionForm: build_correction,
    call_time_form.CallTimeForm: build_call_time,
    lookup_forms.EmailLookupForm: lookup_forms.EmailLookupForm,
    lookup_forms.ReferenceLookupForm: lookup_forms.ReferenceLookupForm,
    GuideForm: lambda data: GuideForm(data, for_whom="self"),
    handing_over_all.HandOverAllForm: build_hand_over_all,
    new_call_form.NewCallForm: new_call_form.NewCallForm,
    week_form.WeekForm: week_form.WeekForm,
    week_form.DeclineForm: week_form.DeclineForm,
    phone_form.PhoneBookingForm: lambda data: phone_form.PhoneBookingForm(data, mode="phone"),
    calendar.CalendarFilterForm: calendar.CalendarFilterForm,
    availability_check.AvailabilityQuestionForm: availability_check.AvailabilityQuestionForm,
    absences.AbsenceForm: absences.AbsenceForm,
    absences.ReasonForm: absences.ReasonForm,
    absences.DecisionsForm: build_decisions,
    external_calendars.CalendarFileForm: external_calendars.CalendarFileForm,
    external_calendars.CalendarAddressForm: external_calendars.CalendarAddressForm,
    alerts.ChannelsForm: build_channels,
    alerts.DeviceForm: alerts.DeviceForm,
    events.EventFilterForm: events.EventFilterForm,
    events.RequestLookupForm: events.RequestLookupForm,
    operations.ReleaseForm: operations.ReleaseForm,
    rota.ShiftForm: rota.ShiftForm,
    privacy.AskForm: privacy.AskForm,
    privacy.DecideForm: privacy.DecideForm,
    privacy.DisclosureForm: build_disclosure,
    privacy.HoldForm: build_hold,
    privacy.IdentityForm: privacy.IdentityForm,
    privacy.LiftHoldForm: privacy.LiftHoldForm,
    privacy.MatchForm: privacy.MatchForm,
    privacy.PeriodForm: build_period,
    privacy.RemovalForm: lambda data: privacy.RemovalForm(data, is_clinical=True),
    reporting.ReportFilterForm: reporting.ReportFilterForm,
    rules.MessageRuleForm: build_rule,
    templates.MessageTemplateForm: templates.MessageTemplateForm,
    outbox.ResendForm: outbox.ResendForm,
    insurance.InsuranceConsentForm: on_request(insurance.InsuranceConsentForm),
    insurance.BenefitsVerificationForm: build_check,
    referral_forms.ReferralForm: on_request(referral_forms.ReferralForm),
    referral_forms.ReferralWithNoteForm: on_request(referral_forms.ReferralWithNoteForm),
    referral_forms.ConfirmReferralForm: on_request(referral_forms.ConfirmReferralForm),
    referral_forms.BeginAdmissionForm: on_request(referral_forms.BeginAdmissionForm),
    referral_forms.AdmitForm: build_admit,
    care.AssessmentForm: build_assessment,
    care.AcknowledgeConcernForm: build_acknowledgment,
    care.RecommendationForm: build_recommendation,
    duplicates.MergeForm: lambda data: duplicates.MergeForm(data, requests=[]),
    request_list.SaveViewForm: request_list.SaveViewForm,
    triage.SearchForm: triage.SearchForm,
    triage.LogAttemptForm: on_request(triage.LogAttemptForm),
    triage.MoveConsultationForm: build_move,
    triage.CloseRequestForm: on_request(triage.CloseRequestForm),
    cancel_form.CancelConsultationForm: on_request(cancel_form.CancelConsultationForm),
    triage.StaffContactPlanForm: on_request(triage.StaffContactPlanForm),
    ownership_forms.HandOverForm: on_request(ownership_forms.HandOverForm),
    ownership_forms.OwnerCheckedForm: on_request(ownership_forms.OwnerCheckedForm),
    ownership_forms.SnoozeForm: on_request(ownership_forms.SnoozeForm),
    ownership_forms.NoteForm: on_request(ownership_forms.NoteForm),
    ownership_forms.ReopenForm: on_request(ownership_forms.ReopenForm),
}
# What others are made from, and steps that need nothing but the click.
BASES = {
    action_form.ActionForm,
    care.NewVersionForm,
    care.VersionCheckedForm,
    closures.DateTimeRangeForm,
    external_calendars.ExternalCalendarForm,
    form_base.LinkedErrors,
    form_base.PublicForm,
    lookup_forms.LookupForm,
    outbox.EmptyForm,
    privacy.PrivacyForm,
}
# Pages of Django's admin, and of signing in, draw these.
ELSEWHERE = (BaseModelForm, ChangeListSearchForm)
EMPTY, SENT = None, {}


def known_forms(form=forms.BaseForm):
    """Every form class of ours that is loaded, whatever it is made from."""
    for each in form.__subclasses__():
        if each.__module__.split(".")[0] in {"admissions", "programs"}:
            yield each
        yield from known_forms(each)


@pytest.fixture(params=[EMPTY, SENT], ids=["empty", "wrong"])
def data(request):
    return request.param


@pytest.fixture(params=FORMS.items(), ids=lambda each: each[0].__name__)
def form(request, data):
    return request.param[1](data)


@pytest.fixture
def drawing(form):
    return FormDrawing(draw(form))


def test_every_form_of_our_pages_is_looked_at():
    ours = {
        each
        for each in known_forms()
        if not issubclass(each, ELSEWHERE) and "accounts" not in each.__module__
    }

    assert ours - BASES == set(FORMS)


def test_every_field_is_drawn_once(form, drawing):
    names = [each.name for each in form.visible_fields()]

    assert [name for name in names if not drawing.controls_of(name)] == []
    assert sorted(set(drawing.ids)) == sorted(drawing.ids)


def test_every_control_has_a_name_of_its_own(form, drawing):
    assert [each.attrs for each in drawing.controls if not drawing.name_of(each)] == []


def test_every_group_says_what_is_asked(form, drawing):
    asked = {each.name: str(each.label) for each in form.visible_fields() if each.use_fieldset}
    said = {
        name: control.legend.partition("\n")[0]
        for name in asked
        for control in drawing.controls_of(name)
    }

    assert said == asked


def notes_of(field):
    """The ids of the hint and the errors that a field has now."""
    hint = [f"{field.auto_id}_helptext"] * bool(field.help_text)
    return hint + [f"{field.auto_id}_error"] * bool(field.errors)


def test_hints_and_errors_are_tied_to_their_controls(form, drawing):
    tied = [
        (field.name, control.described_by)
        for field in form.visible_fields()
        for control in drawing.controls_of(field.name)
    ]

    fields = {field.name: notes_of(field) for field in form.visible_fields()}
    assert tied == [(name, fields[name]) for name, _notes in tied]


def test_hints_and_errors_are_said(form, drawing):
    unsaid = [
        text
        for field in form.visible_fields()
        for text in [str(field.help_text), *field.errors]
        if text not in " ".join(drawing.texts[note] for note in notes_of(field))
    ]

    assert unsaid == []


def test_wrong_fields_alone_are_marked_wrong(form, drawing):
    marked = {
        field.name
        for field in form.visible_fields()
        for control in drawing.controls_of(field.name)
        if "aria-invalid" in control.attrs
    }

    assert marked == {field.name for field in form.visible_fields() if field.errors}


def test_required_fields_alone_are_marked_required(form, drawing):
    marked = {
        field.name
        for field in form.visible_fields()
        for control in drawing.controls_of(field.name)
        if "required" in control.attrs
    }

    assert marked == {
        field.name
        for field in form.visible_fields()
        if field.field.required and field.field.widget.use_required_attribute(field.initial)
    }


def test_errors_of_the_whole_form_and_of_what_is_hidden_are_said():
    form = build_acknowledgment({"action": "Seen today"})
    form.add_error(None, "A colleague was quicker.")

    html = draw(form)

    assert "A colleague was quicker." in html
    assert 'id="id_seen_error"' in html


def test_form_is_drawn_without_a_token_and_a_tag_of_its_own(form):
    html = draw(form)

    assert "<form" not in html
    assert "csrfmiddlewaretoken" not in html
