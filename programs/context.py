"""What every public page says of the centre, asked of the database only when drawn."""

from django.conf import settings
from django.utils import timezone
from django.utils.functional import cached_property

from .models import (
    Credential,
    CrisisLine,
    Facility,
    Location,
    Membership,
    Page,
    SocialLink,
    Translation,
)


class Centre:
    """The facts in the frame of a page; each is one query, on first use."""

    site_url = settings.SITE_URL

    @cached_property
    def facility(self):
        return Facility.objects.first()

    @cached_property
    def locations(self):
        return list(Location.objects.open())

    @cached_property
    def credentials(self):
        return list(Credential.objects.shown().select_related("location"))

    @cached_property
    def memberships(self):
        return list(Membership.objects.current(on=timezone.localdate()))

    @cached_property
    def social_links(self):
        return list(SocialLink.objects.filter(is_shown=True))

    @cached_property
    def pages(self):
        """The legal pages in force, in the foot's order."""
        texts = Page.objects.in_force(on=timezone.localdate()).defer("body").to_read()
        return sorted(texts, key=lambda page: (page.sort_order, page.slug))

    @cached_property
    def crisis_lines(self):
        return list(CrisisLine.objects.active())

    @property
    def compact_crisis_lines(self):
        return [line for line in self.crisis_lines if line.is_compact]

    @cached_property
    def lines(self):
        """English line to its translation; empty, without a query, on English pages."""
        return Translation.objects.lines()


def centre(request):
    return {"centre": Centre()}
