"""What forms are laid out with; each object draws a template of the pack in templates/recovery."""

from typing import TYPE_CHECKING, Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, LayoutObject
from crispy_forms.utils import TEMPLATE_PACK
from django import forms
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class FieldsHelper(FormHelper):
    """Draws fields alone: the page has the form's tag, its token and its buttons."""

    form_tag = False
    disable_csrf = True

    def __init__(self, *layout: Any, field_template: str | None = None) -> None:
        """Without a layout every field is drawn, in the order of the form."""
        super().__init__()
        self.layout = Layout(*layout) if layout else None
        self.field_template = field_template


class Include:
    """A template that sees everything the page does, and its form as `form`."""

    def __init__(self, template: str) -> None:
        self.template = template

    def render(
        self, form: forms.BaseForm, context: Context, template_pack: str = "", **_options: Any
    ) -> SafeString:
        known: dict[Any, Any] = context.flatten()
        return render_to_string(self.template, known | {"form": form})


class Hint:
    """A line of help that belongs to no field alone."""

    template = "%s/layout/hint.html"

    def __init__(self, text: "StrOrPromise") -> None:
        self.text = text

    def render(
        self,
        form: forms.BaseForm,
        context: Context,
        template_pack: str = TEMPLATE_PACK,
        **_options: Any,
    ) -> SafeString:
        return render_to_string(self.template % template_pack, {"text": self.text})


class TitledFields(LayoutObject):
    """Fields under a title. Crispy's own Fieldset compiles its legend on every page."""

    template: str

    def __init__(
        self, title: "StrOrPromise", *fields: Any, css_class: str = "", css_id: str = ""
    ) -> None:
        self.title = title
        self.fields = list(fields)
        self.css_class = css_class
        self.css_id = css_id

    def render(
        self,
        form: forms.BaseForm,
        context: Context,
        template_pack: str = TEMPLATE_PACK,
        **options: Any,
    ) -> SafeString:
        drawn = self.get_rendered_fields(form, context, template_pack, **options)
        return render_to_string(
            self.get_template_name(template_pack), self.template_context(form) | {"fields": drawn}
        )

    def template_context(self, form: forms.BaseForm) -> dict[str, Any]:
        return {"title": self.title, "css_class": self.css_class, "css_id": self.css_id}


class Fieldset(TitledFields):
    template = "%s/layout/fieldset.html"


class Section(TitledFields):
    """A part of the page with a heading, whose id is `css_id`."""

    template = "%s/layout/section.html"


class Trap(TitledFields):
    """A field for robots: neither seen, nor heard, nor reached by the keyboard."""

    template = "%s/layout/trap.html"

    def __init__(self, *fields: Any) -> None:
        super().__init__("", *fields)


class Details(TitledFields):
    """Fields that are folded away as long as each holds what its field begins with, free of fault.

    What a page fills in for someone, such as an answer taken along, is seen at once.
    """

    template = "%s/layout/details.html"

    def template_context(self, form: forms.BaseForm) -> dict[str, Any]:
        fields = [form[pointer.name] for pointer in self.get_field_names()]
        is_open = any(field.errors or is_changed(field) for field in fields)
        return super().template_context(form) | {"is_open": is_open}


def is_changed(field: forms.BoundField) -> bool:
    """Whether it holds anything else than a new form would; None and "" are nothing alike."""
    return (field.value() or "") != (field.field.initial or "")
