"""What stands in place of a personal page where its visit is over."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def render_visit_closed(request: HttpRequest) -> HttpResponse:
    """That the visit is closed on this device, and the ways back; 410, and never 404."""
    context = {"is_lost": request.method == "POST"}
    return render(request, "admissions/visit_closed.html", context, status=410)
