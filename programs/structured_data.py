"""What search engines may read of us, in the words of schema.org: facts that the page shows."""

import json
from collections.abc import Iterable
from html import unescape
from typing import Any, cast

from django.conf import settings
from django.urls import reverse
from django.utils.html import strip_tags

from .context_processors import Center
from .markdown import render_markdown
from .models import Article, Facility, Location

SITE = settings.SITE_URL
ORGANIZATION_ID = SITE + "/#organization"
# These would end the block, or begin another, in the midst of a text.
ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


def to_script_json(fact: dict) -> str:
    """A fact as JSON that may stand between script tags."""
    text = json.dumps({"@context": "https://schema.org"} | fact, ensure_ascii=False)
    return text.translate(ESCAPES)


def organization(center: Center, *, picture: str, hours: Iterable[str] | None) -> dict:
    """The center as a whole, in the language of the page.

    `hours` are the languages in which the line is answered at every hour; None where it is not.
    """
    facility, lines = cast(Facility, center.facility), center.translations
    line = facility.admissions_line.as_e164
    return {
        "@type": "MedicalOrganization",
        "@id": ORGANIZATION_ID,
        "name": facility.name,
        "slogan": lines.get(facility.promise, facility.promise),
        "description": lines.get(facility.summary, facility.summary),
        "url": SITE + "/",
        "logo": picture,
        "telephone": line,
        "address": [postal_address(location) for location in center.locations],
        "contactPoint": contact_point(line, hours),
        "memberOf": [
            {"@type": "Organization", "name": body.name} | ({"url": body.url} if body.url else {})
            for body in center.memberships
        ],
        "sameAs": [link.url for link in center.social_links],
    }


def contact_point(line: str, languages: Iterable[str] | None) -> dict:
    """The admissions line; at every hour only in the languages in which somebody answers then."""
    point: dict[str, Any] = {
        "@type": "ContactPoint",
        "contactType": "admissions",
        "telephone": line,
    }
    if languages is None:
        return point
    return point | {
        "availableLanguage": sorted(languages),
        "hoursAvailable": {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": [f"https://schema.org/{day}" for day in DAYS],
            "opens": "00:00",
            "closes": "23:59",
        },
    }


DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def postal_address(location: Location) -> dict:
    return {
        "@type": "PostalAddress",
        "streetAddress": location.street_address,
        "addressLocality": location.city,
        "addressRegion": location.state,
        "postalCode": location.postal_code,
        "addressCountry": "US",
    }


def publisher(facility: Facility) -> dict:
    return {
        "@type": "MedicalOrganization",
        "@id": ORGANIZATION_ID,
        "name": facility.name,
        "url": SITE + "/",
    }


def faq_page(questions: Iterable) -> dict:
    """Questions with their whole answers, each in the language that it is written in."""
    return {
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": each.question,
                "inLanguage": each.language,
                "acceptedAnswer": {"@type": "Answer", "text": plain_text(each.answer)},
            }
            for each in questions
        ],
    }


def plain_text(text: str) -> str:
    """The words of an editor's Markdown on one line."""
    return " ".join(unescape(strip_tags(render_markdown(text))).split())


def article_data(article: Article, *, facility: Facility, url: str, picture: str) -> dict:
    """One article, who answers for it, and who has reviewed it."""
    page: dict[str, Any] = {"@type": "MedicalWebPage", "@id": url}
    if article.reviewed_by and article.reviewed_on:
        page["reviewedBy"] = {"@type": "Person", "name": article.reviewed_by}
        page["lastReviewed"] = article.reviewed_on.isoformat()
    return {
        "@type": "Article",
        "headline": article.title,
        "description": article.summary,
        "inLanguage": article.language,
        "dateModified": article.changed_at.isoformat(timespec="seconds"),
        "image": picture,
        "author": publisher(facility),
        "publisher": publisher(facility),
        "mainEntityOfPage": page,
    }


def breadcrumb_list(*steps: tuple[str, str]) -> dict:
    """The way down to a page: (name, full address) of each step, the page itself last."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": str(name), "item": url}
            for position, (name, url) in enumerate(steps, 1)
        ],
    }


def home_url() -> str:
    """The first page of the language of the page."""
    return SITE + reverse("programs:home")
