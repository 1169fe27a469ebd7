"""What a browser makes of one form: each control with its names, its notes and its marks."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.template import Context, Template

VOID = {"input", "br", "hr", "img", "link", "meta"}
CONTROLS = {"input", "select", "textarea"}


def draw(form) -> str:
    """The form as a page has it: by its layout where it has one."""
    how = "{% crispy form %}" if hasattr(form, "helper") else "{{ form|crispy }}"
    return Template("{% load crispy_forms_tags %}" + how).render(Context({"form": form}))


@dataclass
class Control:
    """One visible control: its attributes, its legend, and what describes it or its group."""

    attrs: dict
    legend: str = ""
    described_by: list = field(default_factory=list)


class FormDrawing(HTMLParser):
    """Reads labels, legends, texts by id and the visible controls of a form."""

    def __init__(self, html):
        super().__init__()
        self.open, self.labels, self.texts, self.ids = [], {}, {}, []
        self.controls = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
            self.texts[given["id"]] = ""
        if tag == "fieldset":
            given["text"] = ""
        if tag in CONTROLS and given.get("type") != "hidden":
            self.controls.append(Control(given))
            self.note_groups(self.controls[-1])
        if tag not in VOID:
            self.open.append((tag, given))

    def note_groups(self, control):
        """The legend of the nearest group, and every note of a group or of the control itself."""
        groups = [given for tag, given in self.open if tag == "fieldset"]
        control.legend = groups[-1]["text"].strip() if groups else ""
        noted = [control.attrs, *groups]
        control.described_by = [
            each for given in noted for each in (given.get("aria-describedby") or "").split()
        ]

    def handle_endtag(self, tag):
        while self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        for tag, given in self.open:
            if "id" in given:
                self.texts[given["id"]] += text
            if tag == "label":
                self.labels[given["for"]] = self.labels.get(given["for"], "") + text
        if any(tag == "legend" for tag, _given in self.open):
            group = [given for tag, given in self.open if tag == "fieldset"][-1]
            group["text"] += text

    def controls_of(self, name):
        """The controls of one field; those of a value in parts end in _0, _1."""
        parts = {name, f"{name}_0", f"{name}_1", f"{name}_number", f"{name}_unit"}
        return [each for each in self.controls if each.attrs.get("name") in parts]

    def name_of(self, control):
        """What a screen reader calls the control: its label, or its own name."""
        label = self.labels.get(control.attrs.get("id"), "").strip()
        return label or control.attrs.get("aria-label", "")
