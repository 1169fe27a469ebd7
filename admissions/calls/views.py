"""Where a phone system says that a call comes in."""

import logging

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from . import rings

logger = logging.getLogger(__name__)


@csrf_exempt  # exempt: a phone system signs what it says; no cookie comes along
@require_POST
def phone_ring(request: HttpRequest) -> HttpResponse:
    """204 once it is stored, or where nobody of ours has that line; the log names no number."""
    if not settings.PHONE_WEBHOOK_KEY:
        raise Http404
    # No more is read than a ring can hold.
    body = request.read(rings.LONGEST_BODY + 1)
    if len(body) > rings.LONGEST_BODY:
        return HttpResponse(status=413)
    try:
        rings.record_ring(
            body=body,
            timestamp=request.headers.get("X-Phone-Timestamp", ""),
            signature=request.headers.get("X-Phone-Signature", ""),
            now=timezone.now(),
        )
    except rings.BadProof:
        logger.warning("A ring was refused: its proof is wrong, too old or used")
        return HttpResponse(status=403)
    except rings.BadRing:
        logger.warning("A ring was not understood")
        return HttpResponse(status=400)
    except rings.TooManyRings:
        logger.warning("A ring was refused: too many within a minute")
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    return HttpResponse(status=204)
