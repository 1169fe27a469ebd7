"""What staff can do to a request: for each action its form, its service, and what we say after."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from admissions.admin import action_form
from admissions.admin.care import insurance as insurance_pages
from admissions.admin.care import referral_forms
from admissions.booking import by_staff, waitlist
from admissions.care import insurance, recommendations, referrals
from admissions.intake import contact_plan
from admissions.triage import (
    alarms,
    contact_attempts,
    escalation,
    notes,
    outcomes,
    ownership,
    snoozing,
)
from admissions.undo import steps
from admissions.undo.models import UndoableAction

from . import forms, ownership_forms

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

RequestForm = action_form.ActionForm | forms.StaffContactPlanForm


@dataclass(frozen=True)
class RequestAction:
    """One thing staff do to a request: its form, the service that does it, what we say after."""

    form: type[RequestForm]
    service: Callable
    success_message: "StrOrPromise"
    is_undoable: bool = False

    def take(self, **options: Any) -> UndoableAction | None:
        """Call the service; return what can be undone of it for a while, if anything."""
        if self.is_undoable:
            return steps.take_step(service=self.service, **options)
        self.service(**options)
        return None


REQUEST_ACTIONS = {
    "claim": RequestAction(
        action_form.ActionForm,
        ownership.claim_request,
        _("This request is yours now."),
        is_undoable=True,
    ),
    "log": RequestAction(
        forms.LogAttemptForm,
        contact_attempts.log_attempt,
        _("The attempt is logged."),
        is_undoable=True,
    ),
    "complete": RequestAction(
        action_form.ActionForm,
        outcomes.complete_consultation,
        _("The consultation is completed."),
        is_undoable=True,
    ),
    "no-show": RequestAction(
        action_form.ActionForm,
        outcomes.mark_no_show,
        _("Marked as a no-show."),
        is_undoable=True,
    ),
    "move": RequestAction(
        forms.MoveConsultationForm,
        by_staff.reschedule_consultation,
        _("The consultation is moved."),
    ),
    "plan": RequestAction(
        forms.StaffContactPlanForm,
        contact_plan.change_contact_plan_by_phone,
        _("The contact plan is changed."),
    ),
    "look-sooner": RequestAction(
        action_form.ActionForm, waitlist.add_to_waitlist, _("We write if something opens sooner.")
    ),
    "stop-looking": RequestAction(
        action_form.ActionForm, waitlist.remove_from_waitlist, _("We look no longer.")
    ),
    "hand-over": RequestAction(
        ownership_forms.HandOverForm,
        ownership.reassign_request,
        _("It is your colleague’s now."),
        is_undoable=True,
    ),
    "give-back": RequestAction(
        ownership_forms.OwnerCheckedForm,
        ownership.unassign_request,
        _("Anyone may claim it now."),
        is_undoable=True,
    ),
    "set-aside": RequestAction(
        ownership_forms.SnoozeForm,
        snoozing.snooze_request,
        _("It is set aside."),
        is_undoable=True,
    ),
    "take-up": RequestAction(
        action_form.ActionForm,
        snoozing.unsnooze_request,
        _("It is taken up again."),
        is_undoable=True,
    ),
    "note": RequestAction(
        ownership_forms.NoteForm, notes.add_note, _("The note is kept."), is_undoable=True
    ),
    "escalate": RequestAction(
        action_form.ActionForm,
        escalation.escalate_safety,
        _("It stands first for everyone. Whoever is on call is rung until somebody has it."),
    ),
    "take-alarm": RequestAction(
        action_form.ActionForm,
        alarms.take_alarm,
        _("You have it. Nobody else is rung now. Please reach them at once."),
    ),
    "reopen": RequestAction(
        ownership_forms.ReopenForm, outcomes.reopen_request, _("The request is open again.")
    ),
    "begin": RequestAction(
        referral_forms.BeginAdmissionForm,
        recommendations.begin_admission,
        _("The admission has begun."),
        is_undoable=True,
    ),
    "admit": RequestAction(
        referral_forms.AdmitForm,
        outcomes.close_request,
        _("They are admitted."),
        is_undoable=True,
    ),
    "refer": RequestAction(
        referral_forms.ReferralForm,
        referrals.record_referral,
        _("It is noted. Tomorrow we ask if it worked."),
    ),
    "confirm-handover": RequestAction(
        referral_forms.ConfirmReferralForm,
        referrals.confirm_referral,
        _("The hand-over is confirmed."),
    ),
    "ask-insurance": RequestAction(
        insurance_pages.InsuranceConsentForm,
        insurance.request_verification,
        _("The insurance desk looks into it."),
    ),
    "close": RequestAction(
        forms.CloseRequestForm,
        outcomes.close_request,
        _("The request is closed."),
        is_undoable=True,
    ),
}


def forms_by_name(forms_of_steps: dict) -> dict:
    """By names that templates can say."""
    return {key.replace("-", "_"): form for key, form in forms_of_steps.items()}
