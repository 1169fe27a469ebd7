"""The lines for urgent help."""

from typing import Self
from urllib.parse import quote

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from users.second_person import AskedChange, decided_with_an_outcome, takes_a_second_person

from .languages import page_language

# Every page names these two; without them it may cost a life.
GUARDED = ("911", "988")
# What a second person has approved last for this line, and nothing else, may be written.
ONLY_AS_APPROVED_SQL = """
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'crisis_line_guarded: % stays', OLD.slug;
    END IF;
    IF to_jsonb(NEW) = to_jsonb(OLD) THEN
        RETURN NEW;
    END IF;
    SELECT columns INTO wanted FROM programs_crisislinechange
        WHERE line_id = OLD.id AND outcome = 'approved'
        ORDER BY decided_at DESC, id DESC LIMIT 1;
    IF wanted IS NULL OR NOT to_jsonb(NEW) @> wanted
        OR to_jsonb(NEW) - ARRAY(SELECT jsonb_object_keys(wanted))
            <> to_jsonb(OLD) - ARRAY(SELECT jsonb_object_keys(wanted))
    THEN
        RAISE EXCEPTION 'crisis_line_guarded: a change of % takes a second person', OLD.slug;
    END IF;
    RETURN NEW;
"""


class CrisisLineQuerySet(models.QuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)


class CrisisLine(models.Model):
    """A number for urgent help, in the safety block and the line above every page."""

    slug = models.SlugField(_("short name"), unique=True)
    situation = models.CharField(
        _("situation"), max_length=120, help_text=_("“Thoughts of suicide or a crisis:”")
    )
    action = models.CharField(
        _("action"), max_length=80, help_text=_("The link: “call or text 988”.")
    )
    phone = models.CharField(_("phone"), max_length=20, help_text=_("Digits to dial: 988."))
    sms = models.CharField(
        _("text number"), max_length=20, blank=True, help_text=_("Digits to write to: 988.")
    )
    sms_words = models.CharField(
        _("words to text"),
        max_length=80,
        blank=True,
        help_text=_("Language and word, where a text must hold one to be understood: es AYUDA"),
    )
    note = models.CharField(_("note"), max_length=80, blank=True)
    languages = models.CharField(_("languages"), max_length=80, blank=True)
    hours = models.CharField(_("hours"), max_length=80, blank=True)
    is_compact = models.BooleanField(
        _("on every page"), default=False, help_text=_("Also in the line above every page.")
    )
    is_fallback = models.BooleanField(
        _("named for us"),
        default=False,
        help_text=_("Also named beside our own line, at the hours when nobody answers that."),
    )
    compact_situation = models.CharField(_("situation, short"), max_length=60, blank=True)
    compact_action = models.CharField(_("action, short"), max_length=40, blank=True)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    objects = CrisisLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("crisis line")
        verbose_name_plural = _("crisis lines")
        ordering = ["sort_order", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(phone__regex=r"^\+?[0-9]{3,15}$"),
                name="crisis_line_phone_is_digits",
                violation_error_message=_("Give the phone as digits only, as in 18002221222."),
            ),
            models.CheckConstraint(
                condition=models.Q(sms="") | models.Q(sms__regex=r"^\+?[0-9]{3,15}$"),
                name="crisis_line_sms_is_digits",
                violation_error_message=_("Give the text number as digits only, as in 988."),
            ),
            models.CheckConstraint(
                condition=models.Q(sms_words="")
                | (
                    ~models.Q(sms="")
                    & models.Q(sms_words__regex=r"^[a-z]{2} [A-Z]+(, [a-z]{2} [A-Z]+)*$")
                ),
                name="crisis_line_sms_words_are_pairs",
                violation_error_message=_(
                    "Give the text number, and one word for each language, as in: es AYUDA"
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(is_compact=False)
                | (~models.Q(compact_situation="") & ~models.Q(compact_action="")),
                name="crisis_line_compact_has_words",
                violation_error_message=_("Give the short words for the line on every page."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="crisis_line_guarded",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__slug__in=GUARDED),
                declare=[("wanted", "jsonb")],
                func=ONLY_AS_APPROVED_SQL,
            )
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def sms_word(self) -> str:
        """What a text must hold to be answered in the language of the page; empty: anything."""
        pairs = (pair.split() for pair in self.sms_words.split(",") if pair)
        return dict(pairs).get(page_language(), "")

    @property
    def sms_link(self) -> str:
        """Opens a text to the line, with its word written where the phone allows it.

        RFC 5724 has `?body=`, iPhones read `&body=`: all take both. The words of the link name the
        word too, for phones that leave the body out.
        """
        body = f"?&body={quote(self.sms_word)}" if self.sms_word else ""
        return f"sms:{self.sms}{body}"


class CrisisLineChange(AskedChange):
    """What an editor asks to change of a line, or a new line; a second person decides.

    `columns` holds values of the line by name, and `translations` the words of each other
    language by the English that they are for: {"es": {"call 988": "llame al 988"}}.
    """

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")
        REPLACED = "replaced", _("Asked anew")

    line = models.ForeignKey(CrisisLine, models.PROTECT, null=True, related_name="changes")
    columns = models.JSONField()
    translations = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)

    class Meta:
        verbose_name = _("change of a crisis line")
        verbose_name_plural = _("changes of crisis lines")
        default_permissions = ()
        permissions = [("decide_crisislinechange", _("Can decide about crisis lines"))]
        constraints = [
            models.UniqueConstraint(
                "line", name="crisis_line_change_one_waits", condition=models.Q(outcome="")
            ),
            takes_a_second_person("crisis_line_change"),
            decided_with_an_outcome("crisis_line_change"),
            models.CheckConstraint(
                name="crisis_line_change_approved_by_someone",
                condition=~models.Q(outcome="approved") | models.Q(decided_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="crisis_line_change_decided_is_permanent",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__outcome=""),
            ),
            pgtrigger.Protect(name="crisis_line_change_stays", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"change of a crisis line {self.pk}"
