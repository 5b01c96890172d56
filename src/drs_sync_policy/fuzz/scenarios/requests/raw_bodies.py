"""Bodies written byte for byte: no I-JSON, I-JSON oddly written, and what strains a parser."""

# ruff: noqa: E501 - tables read better in long lines
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import Bodies
from drs_sync_policy.fuzz.cases.covering import by_turns
from drs_sync_policy.fuzz.cases.values import Schema
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy_contract import RuleId

EXTREMES: Final[RuleId] = "extremes-in-ignored-fields-are-survived"
SURVIVED: Final = frozenset({200, 400, 413, 422})
_REFUSED: Final = frozenset({400, 422})
_INVALID: Final[RuleId] = "invalid-body-is-refused"
LARGE_SECONDS: Final = 30.0
_FEW: Final = 3
"""So many odd texts come first, in every place."""


def raw_bodies(job_id: str, build: Bodies) -> Iterator[tuple[bytes, str]]:
    """Bodies that are not I-JSON, each for one reason; what parsers often accept comes first."""
    job, good = ijson.dumps(job_id), ijson.dumps({"jobs": [{"job_id": job_id}]})
    yield from by_turns(
        _broken(job, good), _with_odd_texts(job, build), _with_odd_values(job), _twice(job, build)
    )


def _broken(job: bytes, good: bytes) -> Iterator[tuple[bytes, str]]:
    """Bodies whose structure or encoding is wrong."""
    yield from (
        (good + b"x", "a letter behind it"),
        (b'{"jobs": [{"job_id": ' + job + b",}]}", "a comma too many in an object"),
        (good.decode().encode("utf-16"), "UTF-16 with a byte order mark"),
        (b'{"jobs": [{"job_id": ' + job + b"}] /* all */}", "a comment"),
        (b"\xef\xbb\xbf" + good, "a byte order mark in front"),
        (b"", "nothing at all"),
        (good.decode().replace('"', "'").encode(), "single quotes"),
        (good[:-1], "its last byte missing"),
        (good + good, "twice"),
        (b" ", "a space"),
        (b"\n", "a line feed"),
        (b"{", "a brace"),
        (good[: len(good) // 2], "cut in half"),
        (good[1:], "its first byte missing"),
        (good + b"}", "a brace behind it"),
        (good + b",", "a comma behind it"),
        (good + b"\n" + good, "twice, on two lines"),
        (good + b"\0", "NUL behind it"),
        (b"x" + good, "a letter in front"),
        (b")]}',\n" + good, "a prefix against inclusion in front"),
        (good.decode().encode("utf-16-le"), "UTF-16"),
        (good.decode().encode("utf-32"), "UTF-32"),
        (b"\xff" + good, "a byte that is invalid in UTF-8"),
        (b"{jobs: [{job_id: " + job + b"}]}", "names without quotes"),
        (b'{"jobs": [{"job_id": ' + job + b"},]}", "a comma too many in a list"),
        (good + b" // all", "a comment behind it"),
        (b'{"jobs" [{"job_id": ' + job + b"}]}", "a colon missing"),
        (b'{"jobs"= [{"job_id": ' + job + b"}]}", "`=` for a colon"),
        (b"\x0b" + good, "a vertical tab in front"),
        (b"\xc2\xa0" + good, "a no-break space in front"),
        (b"jobs=%5B%7B%22job_id%22%3A%22x%22%7D%5D", "a form"),
        (b"<jobs><job_id>x</job_id></jobs>", "XML"),
        (b"jobs:\n  - job_id: x\n", "YAML"),
        (b"{'jobs': [{'job_id': 'x'}], 'a': None}", "a literal of Python"),
    )


def _with_odd_texts(job: bytes, build: Bodies) -> Iterator[tuple[bytes, str]]:
    """Bodies with a text that is not I-JSON: in a known field, in an unknown one, in the id."""
    fields = [*([(ijson.dumps(build.marker), build.marker)] if build.marker is not None else [])]
    fields.append((b'"x_unknown"', "an unknown field"))
    texts = [*_in_a_string()]
    for some in (texts[:_FEW], texts[_FEW:]):
        for field, what in fields:
            for text, kind in some:
                item = b'{"job_id": ' + job + b", " + field + b': "' + text + b'"}'
                yield b'{"jobs": [' + item + b"]}", f"{kind} in {what}"
        for text, kind in some:
            yield b'{"jobs": [{"job_id": "' + text + b'"}]}', f"{kind} in job_id"
    yield b'{"jobs": [{"job_id": ' + job + b'}], "\\ud800": 1}', "a lone surrogate in a name"


def _with_odd_values(job: bytes) -> Iterator[tuple[bytes, str]]:
    """Bodies with a value that is not JSON, in an unknown field."""
    for text in (
        b"NaN", b"Infinity", b"-Infinity", b"nan", b"01", b"+1", b".5", b"1.", b"0x10", b"1e", b"- 1",
        b"1_000", b"True", b"None", b"undefined", b"'x'", b"\\u0031", b"",
    ):  # fmt: skip
        what = f"`{text.decode()}` as a value"
        yield b'{"jobs": [{"job_id": ' + job + b'}], "x_unknown": ' + text + b"}", what
        yield (
            b'{"jobs": [{"job_id": ' + job + b', "x_unknown": ' + text + b"}]}",
            f"{what} in an item",
        )


def _in_a_string() -> Iterator[tuple[bytes, str]]:
    yield from (
        (b"\xff", "a byte that is invalid in UTF-8"),
        (b"\\ud800", "a lone high surrogate"),
        (b"\t", "a raw tab"),
        (b"\xed\xa0\x80", "a surrogate in UTF-8"),
        (b"\xe9", "a letter in Latin-1"),
        (b"\xc0\x80", "an overlong NUL"),
        (b"\xe2\x82", "a character cut short"),
        (b"\xf4\x90\x80\x80", "a code point beyond the last"),
        (b"\\udfff", "a lone low surrogate"),
        (b"\\ude00\\ud83d", "a surrogate pair the wrong way round"),
        (b"\\ud83dx", "half a surrogate pair"),
        (b"\n", "a raw line feed"),
        (b"\0", "a raw NUL"),
        (b"\x1f", "a raw control character"),
        (b"\\x41", "an escape that JSON lacks"),
        (b"\\'", "an escaped single quote"),
        (b"\\u12", "an escape cut short"),
        (b"\\u00g0", "an escape with a wrong digit"),
    )


def _twice(job: bytes, build: Bodies) -> Iterator[tuple[bytes, str]]:
    """Bodies with a name that an object has twice."""
    one = b'{"job_id": ' + job + b"}"
    yield from (
        (b'{"jobs": [' + one + b'], "jobs": [' + one + b"]}", "`jobs` twice"),
        (b'{"jobs": [], "jobs": [' + one + b"]}", "`jobs` twice, first without items"),
        (b'{"jobs": [' + one + b'], "jobs": []}', "`jobs` twice, last without items"),
        (b'{"jobs": [' + one + b'], "jobs": [{"job_id": "x"}]}', "`jobs` twice, with other items"),
        (b'{"jobs": [{"job_id": ' + job + b', "job_id": ' + job + b"}]}", "`job_id` twice"),
        (b'{"jobs": [{"job_id": "x", "job_id": ' + job + b"}]}", "`job_id` twice, with two values"),
        (b'{"jobs": [{"job_id": ' + job + b', "job_id": 1}]}', "`job_id` twice, last a number"),
        (b'{"jobs": [{"job_id": 1, "job_id": ' + job + b"}]}", "`job_id` twice, first a number"),
        (
            b'{"jobs": [{"job_id": ' + job + b', "job\\u005fid": ' + job + b"}]}",
            "`job_id` twice, once in escapes",
        ),
        (b'{"jobs": [' + one + b'], "x": 1, "x": 1}', "an unknown field twice"),
        (
            b'{"jobs": [' + one + b'], "x": {"y": 1, "y": 2}}',
            "a field twice, deep in an unknown one",
        ),
        (
            b'{"jobs": [{"job_id": ' + job + b', "x": 1, "x": 2}]}',
            "an unknown field of an item twice",
        ),
        (
            b'{"jobs": ['
            + one
            + b", "
            + one
            + b', {"job_id": '
            + job
            + b', "job_id": '
            + job
            + b"}]}",
            "`job_id` twice, in the last of 3 items",
        ),
    )
    for name, schema in build.fields.items():
        field, values = ijson.dumps(name), [ijson.dumps(value) for value in schema.valid()[:2]]
        twice = b", ".join(field + b": " + value for value in values)
        if len(values) > 1:
            yield b'{"jobs": [{"job_id": ' + job + b", " + twice + b"}]}", "an optional field twice"
            break


def _not_i_json(prober: Prober) -> None:
    prober.send_all(not_i_json_cases(prober))


def not_i_json_cases(prober: Prober) -> Iterator[Case]:
    """Bodies that are not I-JSON."""
    for body, what in raw_bodies(prober.target.tenant.job_ids[0], prober.bodies):
        yield Case(prober.request(body), f"the body is not I-JSON: {what}")


_IN_RANGE: Final = (
    b"9007199254740993", b"2147483648", b"9223372036854775808", b"-9223372036854775809",
    b"18446744073709551616", b"12345678901234567890123", b"0e0", b"-0",
)  # fmt: skip
"""Numbers within the range of a 64-bit float, although many integer types cannot hold them."""


def right_spellings(job_id: str) -> Iterator[tuple[bytes, str]]:
    """Bodies that are I-JSON, oddly written."""
    value = {"jobs": [{"job_id": job_id}]}
    good = ijson.dumps(value)
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in "job_id").encode()
    name = "".join(f"\\u{ord(letter):04X}" for letter in job_id if ord(letter) < 0x10000).encode()
    yield from (
        (b" \t\r\n" + good + b"\r\n \t", "white space around it"),
        (json.dumps(value, indent=8).encode(), "much white space in it"),
        (good.replace(b"job_id", escaped), "the name of a field in escapes"),
        (b'{"jobs": [{"job_id": "' + name + b'"}]}', "the job's id in escapes"),
        (b'{"jobs": [{"job_id": "x\\/y"}]}', "an escaped slash"),
        (b'{"jobs": [{"job_id": "\\ud83d\\ude00"}]}', "a surrogate pair in escapes"),
        (b'{"jobs": [{"job_id": "\\u0000\\b\\f\\n\\r\\t\\"\\\\"}]}', "every short escape"),
        (
            good[:-1] + b', "x_unknown": 1E+2, "x_other": -0.0, "x_third": 1e-7}',
            "numbers with exponents",
        ),
        *(
            (end.replace(b"?", number), f"the number {number.decode()} in an ignored field {where}")
            for number in _IN_RANGE
            for end, where in (
                (good[:-1] + b', "x_unknown": ?}', "next to `jobs`"),
                (good[:-3] + b', "x_unknown": ?}]}', "in an item"),
            )
        ),
        (good + b" " * 5000, "much white space behind it"),
    )


def _right_spellings(prober: Prober) -> None:
    for body, what in right_spellings(prober.target.tenant.job_ids[0]):
        prober.send(prober.request(body), case=f"I-JSON with {what}")


# --- extremes ------------------------------------------------------------------------------------


def _extremes(prober: Prober) -> None:
    job = ijson.dumps(prober.target.tenant.job_ids[0])

    def send(entry: tuple[bytes, str]) -> None:
        text, what = entry
        for body, where in (
            (b'{"jobs": [{"job_id": ' + job + b'}], "x_unknown": ' + text + b"}", "next to `jobs`"),
            (b'{"jobs": [{"job_id": ' + job + b', "x_unknown": ' + text + b"}]}", "in an item"),
        ):
            prober.send(
                prober.request(body), case=f"{what} in an ignored field {where}", rule=EXTREMES,
                statuses=SURVIVED, timeout=LARGE_SECONDS,
            )  # fmt: skip

    prober.each(send, extremes())
    deep = b"[" * 30 + b"]" * 30
    for text, what in ((deep, "30 lists within each other"), (b"1e300", "a number of 300 digits")):
        body = b'{"jobs": [{"job_id": ' + job + b'}], "x_unknown": ' + text + b"}"
        prober.send(prober.request(body), case=what, rule="unknown-fields-are-ignored")


def _wrong_extremes(prober: Prober) -> None:
    prober.send_all(_extremes_in_known_fields(prober))


def _extremes_in_known_fields(prober: Prober) -> Iterator[Case]:
    """What strains a parser and is invalid in its place: rejected without a crash."""
    build = prober.bodies
    job = ijson.dumps(prober.target.tenant.job_ids[0])
    for value, what in (
        (b"1e400", "a number too large for a 64-bit float"), (b"-1e99999", "another such number"),
        (b"9" * 400, "400 digits"),
        (b"9" * 5000, "5000 digits"), (b"[" * 500 + b"]" * 500, "500 lists within each other"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "500 objects within each other"), (b"1e-400", "almost zero"),
    ):  # fmt: skip
        for name, schema in build.item_schema.properties.items():
            if _may_be_right(schema, value):
                continue
            field = ijson.dumps(name) + b": " + value
            rest = b"" if name == "job_id" else b', "job_id": ' + job
            body = b'{"jobs": [{' + field + rest + b"}]}"
            yield Case(prober.request(body), f"`{name}` is {what}", _INVALID, _REFUSED)
        for body in (b'{"jobs": ' + value + b"}", b'{"jobs": [' + value + b"]}", value):
            yield Case(
                prober.request(body),
                f"{what} in place of an object or a list",
                _INVALID,
                _REFUSED,
            )


def _may_be_right(schema: Schema, value: bytes) -> bool:
    """Whether the field takes numbers or lists like this one: what it allows is its own."""
    try:
        return schema.accepts(ijson.loads(value))
    except (ValueError, OverflowError, RecursionError):
        return not {"number", "integer", "array", "object"}.isdisjoint(schema.types)


def extremes() -> Iterator[tuple[bytes, str]]:
    """JSON values that strain a parser."""
    for depth in (65, 100, 129, 257, 513, 1000, 1025, 3000, 10000):
        yield b"[" * depth + b"]" * depth, f"{depth} lists within each other"
        yield b'{"a":' * depth + b"1" + b"}" * depth, f"{depth} objects within each other"
    yield b"[" * 40000 + b"]" * 40000, "40000 lists within each other"
    yield b'[{"a":' * 2000 + b"1" + b"}]" * 2000, "4000 levels of both"
    for number in (
        b"1e309", b"-1e309", b"1e400", b"1e99999", b"-1e99999", b"1e-400", b"1e9999999999",
        b"9" * 400, b"-" + b"9" * 400, b"9" * 4301, b"9" * 10000, b"0." + b"1" * 10000,
        b"1" + b"0" * 1000 + b".5", b"1.7976931348623159e308",
    ):  # fmt: skip
        shown = (
            number.decode()
            if len(number) < 30
            else f"{number[:10].decode()}... ({len(number)} digits)"
        )
        yield number, f"the number {shown}"


SCENARIOS: Final = (
    Scenario("bodies that are no I-JSON", _not_i_json, required=True),
    Scenario("bodies oddly written", _right_spellings),
    Scenario("extremes", _extremes, late=6),
    Scenario("extremes where they are wrong", _wrong_extremes, late=1),
)
