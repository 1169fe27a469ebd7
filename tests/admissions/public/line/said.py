"""What a page says of the line, and what it must not say beside it."""

import re
from html import unescape

# Who answers is said in the same sentence, or that nobody does.
OFF = {"en": "off right now", "es": "nuestros consejeros no están"}
WHO = {
    "en": ("answering service picks up", "team is on call. They will answer"),
    "es": ("servicio de recepción de llamadas", "de guardia"),
}
NOBODY = {"en": "No one is answering our line right now", "es": "nadie contesta nuestra línea"}
COUNSELOR = {
    "en": "A counselor is answering calls right now",
    "es": "un consejero contesta las llamadas",
}
# Of our own line no page says that it is always answered.
ALWAYS = re.compile(
    r"day and night|day or night|24/7|around the clock|at any hour|same people answer"
    r"|de día y de noche|de día o de noche|las 24 horas|mismas personas"
    r"|(llame|llám|llam)[^.]{0,20} a cualquier hora",
    re.IGNORECASE,
)
# Residential care is: that may be said.
OF_CARE = re.compile(
    r"(support|staff|apoyo|personal)( near you)?,? (day and night|de día y de noche)", re.IGNORECASE
)
# A talk with a counselor now; and a call from us now.
TALK_NOW = {"en": ("Call now", "Rather talk now"), "es": ("Llamar ahora", "¿Prefiere hablar ahora")}
CALLED_NOW = {
    "en": ("Ask us to call now", "As soon as you can", "right away"),
    "es": ("Pida que le llamemos ahora", "Lo antes posible", "de inmediato"),
}
INSTEAD = ["tel:911", "tel:988", "tel:18006624357", "tel:18556254657"]


def words_of(html):
    """What a reader reads, on one line; the block of other lines' hours left out."""
    html = re.sub(
        r'<section class="urgent( brief"|" aria-labelledby="safety-title").*?</section>', "", html,
        flags=re.S,
    )  # fmt: skip
    html = re.sub(r'<dl class="signs">.*?</dl>|<script.*?</script>|<style.*?</style>', "", html,
                  flags=re.S)  # fmt: skip
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).replace("\xa0", " ").split())


def faults_of(html, *, language, is_staffed, by, is_call_now):
    """What this page says and must not, for who answers and how soon we call at this hour."""
    words, faults = words_of(html), []
    is_talk = is_staffed or by == "on_call"
    if found := ALWAYS.search(OF_CARE.sub("", words)):
        faults.append(f"always: {found[0]}")
    if OFF[language] in words and not any(who in words for who in WHO[language]):
        faults.append("off, without who answers")
    if (COUNSELOR[language] in words) != is_staffed:
        faults.append("a counselor answers")
    if (NOBODY[language] in words) != (not is_staffed and by == "nobody"):
        faults.append("nobody answers")
    if not is_talk and (said := [each for each in TALK_NOW[language] if each in words]):
        faults.append(f"talk: {said}")
    if not is_call_now and (said := [each for each in CALLED_NOW[language] if each in words]):
        faults.append(f"called: {said}")
    if not is_staffed and by == "nobody":
        faults += [each for each in INSTEAD if f'href="{each}"' not in html]
    return faults
