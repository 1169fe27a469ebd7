"""How we may contact someone, changed by themselves."""

from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from admissions import contact_plan, privacy
from admissions.models import MoveNotAllowed
from admissions.plan_forms import ContactPlanForm

from . import visits
from .manage import show_manage
from .private import private


@private
@require_http_methods(["GET", "HEAD", "POST"])
def change_plan(http_request):
    """The ways we have, as they stand; saved as a whole."""
    request = visits.managed(http_request)
    purpose = f"plan {request.pk}"
    form = ContactPlanForm(http_request.POST or None, request=request)
    key = visits.read_key(http_request, purpose)
    is_sent = http_request.method == "POST" and form.is_valid()

    if is_sent and key is not None:
        try:
            contact_plan.change(key=key, request=request, plan=form.plan(), language=get_language())
        except MoveNotAllowed as refused:
            return show_manage(http_request, request, notice=str(refused), status=409)
        visits.renew_key(http_request, purpose)
        visits.tell(http_request, "plan")
        return redirect("admissions:manage")

    context = {
        "form": form,
        "key": visits.form_key(http_request, purpose),
        "is_stale": is_sent,
        "phone_ends": str(request.phone)[-2:],
        "email": privacy.masked_email(request.email),
        "comes_back": privacy.comes_back(request),
        "call_by": request.promised_call_by,
    }
    return render(http_request, "admissions/change_plan.html", context)
