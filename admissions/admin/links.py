"""The names of the desk's most linked pages, and links to them."""

from django.urls import reverse
from django.utils.html import format_html

CALENDAR_PAGE = "admin:admissions_consultation_calendar"
REQUEST_LIST = "admin:admissions_consultationrequest_changelist"
REQUEST_PAGE = "admin:admissions_consultationrequest_change"


def request_link(request):
    """The reference, never the name, leading to the page of the request."""
    return format_html(
        '<a href="{}">{}</a>', reverse(REQUEST_PAGE, args=[request.pk]), request.reference
    )
