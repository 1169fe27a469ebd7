"""Controls that are drawn in Python let no value, choice or attribute out of its place."""

from html.parser import HTMLParser

from django import forms

from programs.forms.renderer import ControlRenderer

HOSTILE = "\"'><script>x</script></textarea>&amp;"
CHOICES = [(HOSTILE, HOSTILE), (HOSTILE, [(f"2{HOSTILE}", HOSTILE)])]


class HostileForm(forms.Form):
    """Each kind of control, with markup and quotes in all that it says."""

    default_renderer = ControlRenderer
    text = forms.CharField(widget=forms.TextInput({"data-x": HOSTILE}))
    long = forms.CharField(widget=forms.Textarea({"title": HOSTILE}))
    choice = forms.ChoiceField(choices=CHOICES, widget=forms.Select({"title": HOSTILE}))
    radio = forms.ChoiceField(choices=CHOICES[:1], widget=forms.RadioSelect({"title": HOSTILE}))


class Reader(HTMLParser):
    """Keeps tags, all values of attributes, and the text between them."""

    def __init__(self):
        super().__init__()
        self.tags, self.values, self.texts = set(), [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.values += [value for _name, value in attrs]

    def handle_data(self, data):
        self.texts += data


def read(html):
    reader = Reader()
    reader.feed(html)
    return reader


def test_markup_and_quotes_are_read_as_they_were_typed():
    form = HostileForm(dict.fromkeys(["text", "long", "choice", "radio"], HOSTILE))
    text, long, choice, [radio] = (
        read(str(form["text"])),
        read(str(form["long"])),
        read(str(form["choice"])),
        [read(str(each.tag())) for each in form["radio"]],
    )

    assert (text.tags, text.values.count(HOSTILE)) == ({"input"}, 2)
    assert (long.tags, long.values.count(HOSTILE), long.texts.strip()) == (
        {"textarea"},
        1,
        HOSTILE,
    )
    assert choice.tags == {"select", "option", "optgroup"}
    assert (choice.values.count(HOSTILE), choice.texts.count(HOSTILE)) == (3, 2)
    assert (radio.tags, radio.values.count(HOSTILE)) == ({"input"}, 2)
