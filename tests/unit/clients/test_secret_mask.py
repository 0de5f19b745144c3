"""A client's secrets are hidden in every form in which a peer may echo them, and nothing else is."""

from __future__ import annotations

import html
import json
import random
import string
import time
import traceback
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus, urlencode

import pytest

from edye_delivery.clients.secret_mask import MASK, SecretMask
from edye_delivery.errors import FtpRefused, Transient

SECRETS = {
    "a token": "tok_9f8e7d6c5b4a32100000",
    "a sandbox's": "abc123",
    "one with signs that URLs escape": "p@ss/w+rd=?&%100",
    "one with signs that JSON escapes": 'quo"te\\back/slash\n',
    "one of another alphabet": "contraseña-東京-😀",
    "one that gives + and / in base64": "??>>~~??>>~~",
}
FORMS = {
    "plain": lambda secret: secret,
    "a header": lambda secret: f"Authorization: Bearer {secret}",
    "base64": lambda secret: b64encode(secret.encode()).decode(),
    "base64 without padding": lambda secret: b64encode(secret.encode()).decode().rstrip("="),
    "urlsafe base64": lambda secret: urlsafe_b64encode(secret.encode()).decode(),
    "percent": lambda secret: quote(secret, safe=""),
    "percent, small letters": lambda secret: quote(secret, safe="").lower() if secret.islower() else quote(secret),
    "every byte percent": lambda secret: "".join(f"%{byte:02x}" for byte in secret.encode()),
    "percent twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "a query": lambda secret: "https://api.example/x?" + urlencode({"key": secret, "page": 2}),
    "plus for a space": quote_plus,
    "in a URL": lambda secret: f"https://user:{quote(secret, safe='')}@api.example/",
    "JSON": json.dumps,
    "JSON with letters as they are": lambda secret: json.dumps(secret, ensure_ascii=False),
    "JSON in JSON": lambda secret: json.dumps(json.dumps({"token": secret})),
    "JSON with escaped slashes": lambda secret: json.dumps(secret).replace("/", "\\/"),
    "every letter \\u": lambda secret: "\\u" + secret.encode("utf-16-be").hex(" ", 2).replace(" ", "\\u"),
    "Python": repr,
    "bytes of Python": lambda secret: repr(secret.encode()),
    "HTML": html.escape,
    "HTML by numbers": lambda secret: "".join(f"&#{ord(sign)};" for sign in secret),
}
LONG_FORMS = {
    "in base64 of a header": lambda secret: b64encode(f"Bearer {secret}".encode()).decode(),
    "in base64 after one byte": lambda secret: b64encode(f"x{secret}yy".encode()).decode(),
    "in urlsafe base64": lambda secret: urlsafe_b64encode(f'{{"t": ["{secret}"]}}'.encode()).decode(),
    "hexadecimal": lambda secret: secret.encode().hex().upper(),
}


def rests_of(secret: str, told: str) -> list[str]:
    """Pieces of four characters of the secret's echo that are still there."""
    return [told[at : at + 4] for at in range(len(told) - 3) if told[at : at + 4] in secret]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_hidden_in_every_form(secret, form):
    echo = FORMS[form](SECRETS[secret])
    told = SecretMask.of(SECRETS[secret]).mask(f"refused: <{echo}> told you so")
    assert MASK in told
    assert echo not in told
    assert rests_of(SECRETS[secret], told.removeprefix("refused: ").removesuffix(" told you so")) == []


@pytest.mark.parametrize("form", LONG_FORMS)
@pytest.mark.parametrize("secret", [name for name in SECRETS if name != "a sandbox's"])
def test_a_secret_is_hidden_inside_of_what_was_encoded_with_it(secret, form):
    assert SecretMask.of(SECRETS[secret]).holds(LONG_FORMS[form](SECRETS[secret]))


def test_the_longest_secret_goes_first_so_no_rest_of_it_is_left():
    mask = SecretMask.of("edye-token", "edye-token-of-the-partner")
    assert mask.mask("edye-token-of-the-partner, edye-token") == f"{MASK}, {MASK}"


def test_a_basic_header_is_hidden_whole():
    header = b64encode(b"edye:s3cret-word").decode()
    assert SecretMask.of("s3cret-word", "edye:s3cret-word").mask(f"got Basic {header}.") == f"got Basic {MASK}."


@pytest.mark.parametrize("spaced", [" {}", "{} ", "\t{}\r\n"])
def test_a_secret_is_hidden_where_the_spaces_at_its_ends_are_lost(spaced):
    secret = SECRETS["a token"]
    told = SecretMask.of(spaced.format(secret)).words(f"refused: <{secret}>", 100)
    assert told == f"refused: <{MASK}>"


@pytest.mark.parametrize("short", ["", "a", "abc", None, " abc \n"])
def test_what_is_too_short_for_a_secret_makes_no_stars(short):
    assert SecretMask.of(short).mask("a banana, abc") == "a banana, abc"


def test_a_short_secret_is_hidden_where_it_stands_alone():
    told = SecretMask.of("edye").mask("EDYE_MOV_1 of edyedelivery: token=edye&x, %20edye")
    assert told == f"EDYE_MOV_1 of edyedelivery: token={MASK}&x,  {MASK}"


def test_other_text_stays_as_it_is():
    words = "Validation failed: campo 'titulo' (línea 3) https://media.example/a%20b.mp4?x=1 \\u00e9 &amp; =="
    assert SecretMask.of(*SECRETS.values()).mask(words) == words


def test_a_cut_leaves_no_half_of_a_secret():
    secret, generator = SECRETS["a token"], random.Random(3)
    mask = SecretMask.of(secret)
    for _ in range(200):
        before = "".join(generator.choices(string.ascii_uppercase + " ", k=generator.randrange(900)))
        told = mask.words(f"{before}{secret * generator.randrange(1, 40)}", 100)
        assert len(told) <= 100
        assert rests_of(secret, told) == []


def test_words_are_on_one_line_and_printable():
    told = SecretMask.of("s3cret-word").words("\x1b[2Jno\r\n2026-01-01 INFO all is well \u202e\ud800s3cret-word", 300)
    assert told.isprintable()
    assert MASK in told


def test_an_error_that_leaves_the_block_repeats_no_secret_in_its_traceback():
    secret = "s3cret-word"

    def refuse() -> None:
        try:
            try:
                raise OSError(5, f"broken by {secret}", f"/x/{secret}")
            except OSError:
                raise ValueError(f"\x1b[31m {secret}", Transient(f"part {secret}"), secret.encode()) from KeyError(
                    secret
                )
        except ValueError as error:
            raise FtpRefused("RETR x", 550, f"no {secret}\n") from error

    with pytest.raises(FtpRefused) as raised, SecretMask.of(secret).errors():
        refuse()
    told = "".join(traceback.format_exception(raised.value)) + raised.value.text + str(raised.value.__reduce__())
    assert secret not in told
    assert "\x1b" not in told
    assert "RETR x" in str(raised.value)


def test_an_error_that_builds_its_words_anew_is_cut_from_what_it_caused():
    class Stubborn(Exception):
        def __str__(self) -> str:
            return "".join(["s3cret", "-word"])

    def refuse() -> None:
        try:
            raise Stubborn
        except Stubborn as error:
            raise Transient("it broke") from error

    with pytest.raises(Transient) as raised, SecretMask.of("s3cret-word").errors():
        refuse()
    assert "s3cret-word" not in "".join(traceback.format_exception(raised.value))


def test_a_hostile_text_takes_no_time():
    mask, started = SecretMask.of(*SECRETS.values(), "\\" * 20 + "x"), time.process_time()
    for sign in ("\\", "%25", "&#0", "a", "%2525%25"):
        mask.mask(sign * 20_000)
    assert time.process_time() - started < 5


def test_a_mask_shows_no_secret_of_itself():
    assert "s3cret-word" not in repr(SecretMask.of("s3cret-word"))
