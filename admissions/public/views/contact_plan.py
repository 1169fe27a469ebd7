"""How we may contact someone, changed by themselves."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from admissions.exceptions import ActionNotAllowed
from admissions.intake import contact_plan, suppressions
from admissions.phone_numbers import mask_phone
from admissions.public import session, unsent_forms
from admissions.public.contact_plan_form import ContactPlanForm
from admissions.public.decorators import private

from .manage import render_manage


@private
@require_http_methods(["GET", "HEAD", "POST"])
def change_contact_plan(request: HttpRequest) -> HttpResponse:
    """The ways we have, as they stand; saved as a whole."""
    unsent_forms.keep_unsent(request, "plan", ContactPlanForm)
    consultation_request = session.managed_request(request)
    purpose = f"plan {consultation_request.pk}"
    unsent = unsent_forms.take_unsent(request, "plan", consultation_request)
    form = ContactPlanForm(
        request.POST or unsent,
        consultation_request=consultation_request,
        owns_email=session.owns_email(request, consultation_request),
    )
    key = session.read_form_key(request, purpose)
    is_sent = request.method == "POST" and form.is_valid()

    if is_sent and key is not None:
        try:
            contact_plan.change_contact_plan(
                key=key,
                request=consultation_request,
                plan=form.plan_fields(),
                language=get_language(),
                owns_email=session.owns_email(request, consultation_request),
            )
        except ActionNotAllowed as refused:
            return render_manage(request, consultation_request, notice=str(refused), status=409)
        session.renew_form_key(request, purpose)
        session.set_flash(request, "plan")
        return redirect("admissions:manage")

    context = {
        "form": form,
        "key": session.issue_form_key(request, purpose),
        "is_stale": is_sent or unsent is not None,
        "phone_ends": mask_phone(consultation_request.phone),
        "email": suppressions.mask_email(consultation_request.email),
        "comes_back": suppressions.is_email_undeliverable(consultation_request),
        "call_by": consultation_request.promised_call_by,
    }
    return render(request, "admissions/change_contact_plan.html", context)
