"""The META rules' cases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.parse import MalformedItem, parse_show
from edye_delivery.catalog.title import Title
from edye_delivery.qc.check import CheckResult
from edye_delivery.qc.metadata import duplicates, finding_on_item
from tests.builders import the_annex
from tests.unit.qc.builders import ANNEX, a_movie, an_episode, checked
from tests.unit.qc.cases import at_limit, failing, passing

NOON, MINUTE_LATER = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 12, 1, tzinfo=UTC)
FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
ASKS_DURATION = the_annex(minimum_metadata=["titulo", "id_cliente", "duracion_seg"])


def parsed(**changes: Any) -> CheckResult:
    """What META001 says of an item of the show list."""
    item = parse_show(a_movie().model_dump(mode="json") | changes)
    return CheckResult((finding_on_item(item),) if isinstance(item, MalformedItem) else (), ())


def together(*titles: Title) -> CheckResult:
    """What META012 says of the first title, among all of a window."""
    found = duplicates([plan_of(ANNEX, title) for title in titles])
    return CheckResult((found[titles[0].id],) if titles[0].id in found else (), ())


def movie(**changes: Any) -> CheckResult:
    """The result on a movie that differs in this only."""
    return checked(a_movie(**changes))


def episode(**changes: Any) -> CheckResult:
    """The result on an episode that differs in this only."""
    return checked(an_episode(**changes))


def titled(text: str) -> CheckResult:
    """The result on a movie of this title."""
    return movie(titles={"es": text, "en": "The Kite"})


CASES = (
    passing("META001", "a whole item", lambda: parsed()),
    failing("META001", "visible is no boolean", lambda: parsed(visible="perhaps")),
    at_limit("META001", "an id of 200 characters", lambda: parsed(id="x" * 200)),
    at_limit("META001", "an id of 201 characters", lambda: parsed(id="x" * 201), "META001"),
    passing("META002", "a title in es", lambda: movie()),
    failing("META002", "no titles at all", lambda: movie(titles={})),
    failing("META002", "a title in another language only", lambda: movie(titles={"en": "The Kite"})),
    failing("META002", "a title of spaces", lambda: titled("  ")),
    at_limit("META002", "a title of one letter", lambda: titled("A")),
    passing("META003", "accents", lambda: titled("¡Mañana, señorita! (capítulo 1)")),
    failing("META003", "zero width space", lambda: titled("El fa\u200bro")),
    failing("META003", "bidi override", lambda: titled("El \u202eorafo")),
    failing("META003", "replacement character", lambda: titled("El fa\ufffdro")),
    failing("META003", "line break in a title", lambda: titled("El\nfaro")),
    failing("META003", "tab in a synopsis", lambda: movie(synopsis_short={"es": "Un\tfaro."})),
    failing("META003", "in a language that is not sent", lambda: movie(titles={"es": "El faro", "en": "A\u200b"})),
    at_limit("META003", "line break in a synopsis", lambda: movie(synopsis_short={"es": "Un\nfaro.\r\nFin."})),
    at_limit("META003", "a joined emoji", lambda: titled(f"Mi familia {FAMILY}")),
    passing("META004", "a short title", lambda: titled("El faro")),
    failing("META004", "201 characters", lambda: titled("x" * 201)),
    failing("META004", "199 letters and an emoji of two units", lambda: titled("x" * 199 + "\U0001f600")),
    at_limit("META004", "200 characters", lambda: titled("x" * 200)),
    at_limit("META004", "198 letters and an emoji of two units", lambda: titled("x" * 198 + "\U0001f600")),
    passing("META005", "an inherited rating", lambda: episode()),
    passing("META005", "an annex without ratings", lambda: checked(
        a_movie(ratings=()), annex=the_annex(metadata={"rating": {"constant": "TV-Y"}}))),
    failing("META005", "no rating", lambda: movie(ratings=())),
    at_limit("META005", "one rating", lambda: movie(ratings=[{"source": "RTC", "value": "AA"}])),
    passing("META006", "a mapped rating", lambda: movie()),
    failing("META006", "an unknown rating", lambda: movie(ratings=[{"source": "USA_PR", "value": "TV-99"}])),
    at_limit("META006", "one known of two", lambda: movie(
        ratings=[{"source": "USA_PR", "value": "TV-99"}, {"source": "USA_PR", "value": "TV-Y"}])),
    passing("META007", "an inherited genre", lambda: episode()),
    failing("META007", "no genre", lambda: movie(genres=())),
    at_limit("META007", "one genre", lambda: movie(genres=["kids"])),
    passing("META008", "mapped genres", lambda: movie()),
    failing("META008", "an unmapped genre", lambda: movie(genres=["noir"])),
    at_limit("META008", "one unmapped of two", lambda: movie(genres=["kids", "noir"]), "META008"),
    passing("META020", "mapped kinds", lambda: movie()),
    failing("META020", "an unmapped kind", lambda: checked(annex=the_annex(mappings={"tipo": {"episode": "episode"}}))),
    at_limit("META020", "a kind that is left out on purpose", lambda: checked(
        annex=the_annex(mappings={"tipo": {"movie": ""}}))),
    at_limit("META020", "an unmapped kind that the minimum asks for", lambda: checked(annex=the_annex(
        mappings={"tipo": {"episode": "episode"}}, minimum_metadata=["tipo"])), "META020"),
    failing("META016", "an unmapped kind that the minimum asks for, under a waiver", lambda: checked(annex=the_annex(
        mappings={"tipo": {"episode": "episode"}}, minimum_metadata=["tipo"],
        waivers={"META020": {"reason": "agreed with the partner", "until": "2999-01-01"}}))),
    passing("META009", "season 2", lambda: episode(season_number=2)),
    passing("META009", "no season", lambda: episode(season_number=None)),
    failing("META009", "season 0", lambda: episode(season_number=0)),
    failing("META009", "season -1", lambda: episode(season_number=-1)),
    at_limit("META009", "season 1", lambda: episode(season_number=1)),
    passing("META010", "episode 3", lambda: episode()),
    failing("META010", "episode 0", lambda: episode(episode_number=0)),
    at_limit("META010", "episode 1", lambda: episode(episode_number=1)),
    passing("META011", "open availability", lambda: movie()),
    failing("META011", "end before start", lambda: movie(availability={"start": MINUTE_LATER, "end": NOON})),
    at_limit("META011", "end at start", lambda: movie(availability={"start": NOON, "end": NOON}), "META011"),
    at_limit("META011", "end after start", lambda: movie(availability={"start": NOON, "end": MINUTE_LATER})),
    passing("META012", "two names", lambda: together(a_movie(), a_movie(id="mov-2", title_id="EDYE_MOV_000124"))),
    failing("META012", "one name", lambda: together(a_movie(), a_movie(id="mov-2"))),
    at_limit("META012", "another language", lambda: together(a_movie(), a_movie(id="mov-2", lang="en"))),
    at_limit("META012", "one title listed twice", lambda: together(a_movie(), a_movie())),
    passing("META013", "a plain title_id", lambda: movie()),
    failing("META013", "an external_id of 51 characters", lambda: movie(title_id="X" * 48)),
    failing("META013", "a space", lambda: movie(title_id="EDYE MOV")),
    failing("META013", "a way up", lambda: movie(title_id="../EDYE")),
    failing("META013", "no title_id", lambda: movie(title_id="")),
    at_limit("META013", "an external_id of 50 characters", lambda: movie(title_id="X" * 47)),
    passing("META014", "an episode with its series", lambda: episode()),
    failing("META014", "an episode without", lambda: episode(series=None)),
    at_limit("META014", "a movie without", lambda: movie(series=None)),
    passing("META015", "es", lambda: movie()),
    failing("META015", "no language", lambda: movie(lang=None)),
    failing("META015", "a language that is not delivered", lambda: movie(lang="pt")),
    at_limit("META015", "any language where the annex names none", lambda: checked(
        a_movie(lang="pt", titles={"pt": "O farol"}, synopsis_short={"pt": "Um farol."}),
        annex=the_annex(catalogue={"languages": []}))),
    passing("META016", "all keys", lambda: checked(annex=ASKS_DURATION)),
    failing("META016", "an empty key", lambda: checked(a_movie(duration_ms=None), annex=ASKS_DURATION)),
    at_limit("META016", "a key that META002 tells of", lambda: movie(titles={}), "META002"),
    at_limit("META016", "a duration of 0 is a value", lambda: checked(
        a_movie(duration_ms=0), annex=ASKS_DURATION), "VID013"),
    passing("META017", "a synopsis", lambda: movie()),
    failing("META017", "none in the title's language", lambda: movie(synopsis_short={"en": "A lighthouse."})),
    at_limit("META017", "a synopsis of one letter", lambda: movie(synopsis_short={"es": "A"})),
    passing("META018", "the tag and others", lambda: movie()),
    passing("META018", "a tag of the series", lambda: episode()),
    failing("META018", "without the tag", lambda: movie(tags=["roku"])),
    at_limit("META018", "the tag alone", lambda: movie(tags=["kidsdirected"])),
    passing("META019", "a short synopsis", lambda: movie()),
    failing("META019", "201 characters", lambda: movie(synopsis_short={"es": "x" * 201})),
    at_limit("META019", "200 characters", lambda: movie(synopsis_short={"es": "x" * 200})),
    passing("META021", "ampersands, a heart and a comparison", lambda: titled("Tom & Jerry, R&B; 5 < 6 y <3")),
    failing("META021", "entities", lambda: titled("Tom &amp; Jerry&#8217;s")),
    failing("META021", "a tag in a synopsis", lambda: movie(synopsis_long={"es": "<p>Un faro.</p>"})),
    failing("META021", "an escape", lambda: titled("El ni\\u00f1o")),
    at_limit("META021", "an entity that there is not", lambda: titled("Tom &tom; Jerry")),
    at_limit("META021", "an entity of the shortest name", lambda: titled("1 &lt 2 &gt; 1"), "META021"),
    passing("META022", "right Spanish and Portuguese", lambda: titled("¿Por qué? ¡Amanhã, «Ângela», avô e avó!")),
    failing("META022", "two bytes", lambda: titled("Â¿Por quÃ©?")),
    failing("META022", "three bytes", lambda: movie(synopsis_short={"es": "Itâ€™s a kite."})),
    at_limit("META022", "a word in capitals before a quotation mark", lambda: titled("“A MAÇÃ”")),
    at_limit("META022", "a capital within a word", lambda: titled("TELEVISIÃ“N"), "META022"),
)  # fmt: skip
