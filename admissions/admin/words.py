"""What one kind of email says in one language: change it, look at it, go back to an earlier way."""

import hashlib

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from programs.models import Facility

from .. import desk, own_words, samples
from ..fields import BoundedTextField
from ..models import Wording
from ..wordings import Words
from .messages import framed

PAGE = "admin:admissions_messagerule_words"
FRAME = "admin:admissions_messagerule_letter"
IN_USE, MOST_DRAFTS = "now", 4
ADD = "admissions.add_wording"
LANGUAGES = dict(settings.LANGUAGES)


class WordsForm(forms.Form):
    """The three parts of an email; whether they may be sent, the service says."""

    subject = BoundedTextField(
        label=_("Subject"),
        max_length=own_words.LONGEST["subject"],
        required=False,
        strip=False,
        help_text=_("Shown on a locked phone. One line."),
    )
    heading = BoundedTextField(
        label=_("Heading"),
        max_length=own_words.LONGEST["heading"],
        required=False,
        strip=False,
        help_text=_("Above the text. One line."),
    )
    text = BoundedTextField(
        label=_("Text"),
        max_length=own_words.LONGEST["text"],
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text=_("It follows “Hello Alex.” An empty line begins a new paragraph."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**9)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        for part in own_words.PARTS:
            self.fields[part].widget.attrs["autocomplete"] = "off"

    @property
    def words(self):
        return Words(**{part: self.cleaned_data[part] for part in own_words.PARTS})

    def refuse(self, faults):
        for part, reasons in faults.items():
            for reason in reasons:
                self.add_error(part, reason)

    def based_on(self, number):
        """What was typed stays, and is based on this version: sent again, it counts."""
        self.data = self.data.copy()
        self.data["seen"] = number


def addresses(rules, at) -> list:
    """The pages below those of the rules; `rules` is the desk that draws them."""

    def of(view):
        def draw(request, kind, language, **known):
            rules.must_see(request)
            if own_words.message_kind(kind) is None or language not in LANGUAGES:
                raise Http404
            return view(rules, request, own_words.message_kind(kind), language, **known)

        return draw

    return [
        at("<slug:kind>/<slug:language>/", of(words_view), "words", "GET", "HEAD", "POST"),
        at("<slug:kind>/<slug:language>/again/", of(again_view), "again", "POST"),
        at(
            "<slug:kind>/<slug:language>/letter/<slug:draft>/<slug:plan>/",
            of(letter_view),
            "letter",
        ),
    ]


def words_view(rules, request, kind, language):
    """The words in use; by POST others, to look at or to keep."""
    newest = own_words.newest_of(kind, language)
    number = newest.version if newest else 0
    if request.method != "POST":
        stands = own_words.said_in(own_words.said(newest, kind, language))
        form = WordsForm(initial=stands | {"seen": number})
        return page(rules, request, kind, language, form=form)
    must_write(request)
    form = WordsForm(request.POST)
    if not form.is_valid():
        return page(rules, request, kind, language, form=form)
    if "preview" in request.POST:
        return look(rules, request, kind, language, form)
    if keep(request, kind, language, form):
        return HttpResponseRedirect(reverse(PAGE, args=[kind, language]))
    return page(rules, request, kind, language, form=form)


def look(rules, request, kind, language, form):
    """The letter in words that are not kept, where they may be sent at all."""
    words = own_words.tidied(form.words)
    form.refuse(own_words.faults(kind, words, Facility.objects.get().name))
    draft = None if form.errors else put_by(request, kind, language, words)
    return page(rules, request, kind, language, form=form, draft=draft)


def keep(request, kind, language, form) -> bool:
    """Whether the words are in use now; else the form says why not."""
    known = {"kind": kind, "language": language, "seen": form.cleaned_data["seen"]}
    try:
        is_new = own_words.save(words=form.words, by=request.user, **known)
    except own_words.WordsRefused as refused:
        form.refuse(refused.faults)
    except own_words.ChangedMeanwhile:
        newest = own_words.newest_of(kind, language)
        form.based_on(newest.version if newest else 0)
        form.add_error(None, changed_meanwhile(newest))
    else:
        tell(request, is_new)
    return not form.errors


def again_view(rules, request, kind, language):
    """An earlier version once more, or our words: a new version all the same."""
    must_write(request)
    numbers = [request.POST.get(name, "") for name in ("seen", "version")]
    if not all(number.isdecimal() and len(number) < 10 for number in numbers):
        raise Http404
    seen, number = map(int, numbers)
    known = {"kind": kind, "language": language, "seen": seen, "by": request.user}
    try:
        tell(request, again(number, **known))
    except own_words.WordsRefused as refused:
        reasons = [reason for part in refused.faults.values() for reason in part]
        messages.warning(request, _("That version cannot be sent any more:"))
        messages.warning(request, " ".join(reasons))
    except own_words.ChangedMeanwhile:
        messages.warning(request, changed_meanwhile(own_words.newest_of(kind, language)))
    return HttpResponseRedirect(reverse(PAGE, args=[kind, language]))


def again(number, *, kind, language, seen, by) -> bool:
    """Ours for 0, or where that version was ours."""
    kept = Wording.objects.filter(kind=kind, language=language, version=number).first()
    if number and kept is None:
        raise Http404
    known = {"kind": kind, "language": language, "seen": seen, "by": by}
    if kept is None or kept.is_built_in:
        return own_words.use_ours(**known)
    return own_words.save(words=own_words.said(kept, kind, language), **known)


def letter_view(_rules, request, kind, language, *, draft, plan):
    """The letter alone, as a phone shows it: for a frame."""
    words = None if draft == IN_USE else put_by_before(request, draft)
    if plan not in ("discreet", "named") or (draft != IN_USE and words is None):
        raise Http404
    letter = samples.letter(kind, language, words=words, is_discreet=plan == "discreet")
    return framed(letter)


def page(rules, request, kind, language, *, form, draft=None):
    newest = own_words.newest_of(kind, language)
    words = put_by_before(request, draft) if draft else None
    known = [kind, language]
    if form.errors:
        messages.warning(request, _("Nothing is saved yet. Look at the words in red."))
    return rules.draw(
        request,
        "words",
        title=kind.label,
        kind=kind,
        language=language,
        language_name=LANGUAGES[language],
        form=form,
        newest=newest,
        whose=whose(own_words.in_use(newest, language, Facility.objects.get().name)),
        may_write=request.user.has_perm(ADD),
        placeholders=samples.examples(kind, language),
        is_draft=draft is not None,
        letters=[shown(known, draft or IN_USE, words, plan) for plan in ("discreet", "named")],
        versions=[told(each) for each in own_words.versions(kind, language)],
        ours=own_words.said(None, kind, language),
    )


def told(version) -> dict:
    """One version as the page tells of it."""
    return {
        **vars(version),
        "by": desk.staff_name(version.kept.made_by),
        "at": desk.full_clock(version.kept.made_at),
    }


def shown(known, draft, words, plan) -> dict:
    """One letter as the page tells of it: from whom, its subject and text, and its frame."""
    letter = samples.letter(*known, words=words, is_discreet=plan == "discreet")
    return {
        "plan": plan,
        "name": said("Discreet") if plan == "discreet" else said("Named"),
        "sender": letter.from_email.partition("<")[0].strip(' "'),
        "subject": letter.subject,
        "text": letter.body,
        "frame": reverse(FRAME, args=[*known, draft, plan]),
    }


def whose(used) -> dict:
    """Whose words are in use, in words of its own."""
    found = {"language": LANGUAGES[used.language], "code": used.language, "is_own": used.is_own}
    if used.kept is None:
        return found | {"name": said("our words")}
    words = {
        "version": used.kept.version,
        "by": desk.staff_name(used.kept.made_by),
        "at": desk.full_clock(used.kept.made_at),
    }
    found["since"] = said("by %(by)s, %(at)s") % words
    if used.tells:
        telling = {"words": ", ".join(used.tells)}
        found["trouble"] = (
            said("Version %(version)s is passed over") % words
            + ": "
            + said("it now gives people away (%(words)s).") % telling
        )
    return found | {
        "name": said("version %(version)s") % words if used.is_own else said("our words")
    }


def must_write(request):
    if not request.user.has_perm(ADD):
        raise PermissionDenied


def tell(request, is_new):
    if is_new:
        messages.success(
            request, _("Saved. Every email of this kind that goes from now on says this.")
        )
    else:
        messages.success(request, _("These words are in use already."))


def changed_meanwhile(newest) -> str:
    words = {"by": desk.staff_name(newest.made_by) if newest else "", "n": newest.version}
    return (
        said(
            "%(by)s has just saved version %(n)s, see below. Nothing of yours is saved. To have"
            " it your way, save again."
        )
        % words
    )


def put_by(request, kind, language, words) -> str:
    """Keeps words that are being tried in the session alone; returns the name they go by."""
    said_words = own_words.said_in(words)
    name = hashlib.sha256(repr((str(kind), language, said_words)).encode()).hexdigest()[:16]
    drafts = request.session.get("drafts", {})
    drafts.pop(name, None)
    request.session["drafts"] = dict([*drafts.items(), (name, said_words)][-MOST_DRAFTS:])
    return name


def put_by_before(request, name) -> Words | None:
    kept = request.session.get("drafts", {}).get(name)
    return Words(**kept) if kept else None
