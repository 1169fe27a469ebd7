"""“My alerts”: the devices, the kinds and the last things told of whoever is signed in."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from admissions.accounts.known_browsers import describe_browser, read_browser_name
from admissions.accounts.staff_request import StaffRequest
from admissions.accounts.views import render_page
from admissions.alerts import choices, devices, telling, web_push
from admissions.alerts.catalog import CATALOG, Kind
from admissions.alerts.models import Alert
from admissions.exceptions import ActionNotAllowed

from .forms import DeviceForm, build_channel_forms

PAGE = "admin:alerts"
MAX_TOLD = 20
WORKER = (settings.BASE_DIR / "static" / "push-worker.js").read_text()


@require_GET
def alerts(request: StaffRequest) -> HttpResponse:
    """What they are told of, and where; opening it changes nothing."""
    user = request.user
    own = user.alert_devices.order_by("-added_at", "pk")
    this = devices.hash_browser(read_browser_name(request))
    told = user.alerts.filter(is_on_desk=True).order_by("-at", "-pk")[:MAX_TOLD]
    return render_page(
        request,
        "alerts",
        _("My alerts"),
        devices=own,
        this=this,
        is_on_here=any(this and each.browser_hash == this for each in own),
        device_form=DeviceForm(),
        kinds=build_channel_forms(None, choices.load_choices(user)),
        danger=CATALOG[Kind.DANGER],
        told=[(CATALOG[each.kind], each) for each in told],
        has_news=any(each.seen_at is None for each in told),
        push_key=web_push.read_own_public_key(),
    )


@require_POST
def save_alert_choices(request: StaffRequest) -> HttpResponse:
    forms = build_channel_forms(request.POST, choices.load_choices(request.user))
    if all(each.is_valid() for each in forms):
        choices.save_choices(by=request.user, channels={each.kind: each.channels for each in forms})
        messages.success(request, _("Saved. Danger reaches you in any case."))
    return redirect(PAGE)


@require_POST
def add_alert_device(request: StaffRequest) -> HttpResponse:
    """Turn alerts on in this browser, as its script has subscribed it."""
    form = DeviceForm(request.POST)
    try:
        if not form.is_valid():
            raise ActionNotAllowed(
                _("We cannot send alerts to this browser. Please try another one.")
            )
        devices.add_device(
            by=request.user,
            name=describe_browser(request),
            browser=read_browser_name(request),
            **form.cleaned_data,
        )
    except ActionNotAllowed as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Alerts come to this device now. Send a test to see one."))
    return redirect(PAGE)


@require_POST
def remove_alert_device(request: StaffRequest, pk: int) -> HttpResponse:
    if not devices.remove_device(by=request.user, device_id=pk):
        raise Http404
    messages.success(request, _("That device gets no more alerts."))
    return redirect(PAGE)


@require_POST
def test_alert_device(request: StaffRequest, pk: int) -> HttpResponse:
    device = request.user.alert_devices.filter(pk=pk).first()
    if device is None:
        raise Http404
    telling.send_test(by=request.user, device=device)
    messages.success(request, _("A test is on its way. It should show within half a minute."))
    return redirect(PAGE)


@require_POST
def mark_alerts_seen(request: StaffRequest) -> HttpResponse:
    telling.mark_seen(by=request.user)
    return redirect(PAGE)


@require_GET
def open_alert(request: StaffRequest, handle: UUID) -> HttpResponse:
    """Lead from what a device showed to the page it is about; one's own alone."""
    alert = Alert.objects.filter(user=request.user, handle=handle).first()
    return redirect(alert.page if alert else PAGE)


@require_GET
def push_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows a push. Below its address there is no page, so it governs none."""
    response = HttpResponse(WORKER, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
