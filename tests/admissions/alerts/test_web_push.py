"""What leaves us is what the standards say, bit for bit."""

from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from admissions.alerts import web_push
from admissions.alerts.web_push import decode, encode
from tests.admissions.alerts.push_service import Browser, read_signature

# RFC 8291, section 5.
TEXT = b"When I grow up, I want to be a watermelon"
BROWSER_KEY = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
SENDER_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
AUTH, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6T"
    "lzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4"
    "a-fN"
)
NOW = datetime(2027, 1, 5, 10, tzinfo=UTC)


def number(text):
    return int.from_bytes(decode(text), "big")


@pytest.fixture
def handset():
    return Browser(number(BROWSER_KEY), decode(AUTH))


def test_text_is_encrypted_as_in_the_example_of_the_standard(handset):
    given = handset.subscription
    keys = web_push.read_browser_keys(given["public_key"], given["auth_secret"])
    sender = ec.derive_private_key(number(SENDER_KEY), web_push.CURVE)

    body = web_push.encrypt(TEXT, keys, sender=sender, salt=decode(SALT), length=0)

    assert encode(body) == BODY
    assert handset.open(body) == TEXT


def test_signature_says_who_sends_to_which_service_until_when():
    key = web_push.load_own_key()

    header = web_push.sign("https://fcm.googleapis.com/fcm/send/abc", key, now=NOW)

    claims, public = read_signature(header)
    assert public == web_push.read_own_public_key()
    assert claims == {
        "aud": "https://fcm.googleapis.com",
        "exp": int(NOW.timestamp()) + 2 * 3600,
        "sub": f"mailto:{settings.MAIL_FROM}",
    }
    with pytest.raises(InvalidSignature):
        read_signature(header.replace("t=", "t=" + encode(b"{"), 1))


def test_key_of_production_is_its_own(settings):
    settings.PRODUCTION = True

    assert web_push.read_own_public_key() == ""
    settings.VAPID_PRIVATE_KEY = SENDER_KEY
    assert web_push.read_own_public_key().startswith("BP4z9KsN6nGRTbVYI_c7VJSPQTBt")


@pytest.mark.parametrize(
    ("public_key", "auth_secret"),
    [
        ("B" * 87, AUTH),  # on no curve
        (BODY[:87], AUTH[:-2]),
        ("é", AUTH),
        ("", ""),
    ],
)
def test_what_is_no_key_is_refused(public_key, auth_secret):
    with pytest.raises(web_push.InvalidKey):
        web_push.read_browser_keys(public_key, auth_secret)
