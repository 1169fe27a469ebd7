"""How we may contact someone, changed by themselves."""

from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from admissions.exceptions import ActionNotAllowed
from admissions.intake import contact_plan, suppressions
from admissions.public import session
from admissions.public.contact_plan_form import ContactPlanForm
from admissions.public.decorators import private

from .manage import render_manage


@private
@require_http_methods(["GET", "HEAD", "POST"])
def change_contact_plan(http_request):
    """The ways we have, as they stand; saved as a whole."""
    request = session.managed_request_or_404(http_request)
    purpose = f"plan {request.pk}"
    form = ContactPlanForm(http_request.POST or None, request=request)
    key = session.read_form_key(http_request, purpose)
    is_sent = http_request.method == "POST" and form.is_valid()

    if is_sent and key is not None:
        try:
            contact_plan.change_contact_plan(
                key=key, request=request, plan=form.plan_fields(), language=get_language()
            )
        except ActionNotAllowed as refused:
            return render_manage(http_request, request, notice=str(refused), status=409)
        session.renew_form_key(http_request, purpose)
        session.set_flash(http_request, "plan")
        return redirect("admissions:manage")

    context = {
        "form": form,
        "key": session.issue_form_key(http_request, purpose),
        "is_stale": is_sent,
        "phone_ends": str(request.phone)[-2:],
        "email": suppressions.mask_email(request.email),
        "comes_back": suppressions.is_email_undeliverable(request),
        "call_by": request.promised_call_by,
    }
    return render(http_request, "admissions/change_contact_plan.html", context)
