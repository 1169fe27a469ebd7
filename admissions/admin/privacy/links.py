"""Where the privacy pages stand, and links to them."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from admissions.intake.models import ConsultationRequest

PRIVACY_REQUEST_PAGE = "admin:admissions_privacyrequest_change"
PRIVACY_REQUEST_LIST = "admin:admissions_privacyrequest_changelist"
PRIVACY_PAGE = "admin:admissions_privacyrequest_of_request"


def privacy_link(request: ConsultationRequest) -> SafeString:
    """The reference, never the name, leading to the privacy page of the request."""
    return format_html(
        '<a href="{}">{}</a>', reverse(PRIVACY_PAGE, args=[request.pk]), request.reference
    )
