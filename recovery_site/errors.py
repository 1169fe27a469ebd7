"""Error pages: static, kind, and never without the phone number."""

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from phonenumber_field.phonenumber import to_python


def page(status):
    """The page for a status, drawn without the database or the request."""
    html = render_to_string(f"{status}.html", {"line": to_python(settings.ADMISSIONS_LINE)})
    return HttpResponse(html, status=status, headers={"Cache-Control": "no-store"})


def bad_request(request, exception=None):
    return page(400)


def permission_denied(request, exception=None):
    return page(403)


def csrf_failure(request, reason=""):
    return page(403)


def not_found(request, exception=None):
    return page(404)


def method_not_allowed(request):
    return page(405)


def server_error(request):
    return page(500)


def unavailable(request):
    return page(503)
