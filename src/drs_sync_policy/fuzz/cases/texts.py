"""Texts of every class, and the ladders of lengths and sizes: what servers stumble over.

The dimensions: class of character, what a text looks like (number, path, markup, escape), the
powers of two around which a number or a length changes its type, and the alignment of a character
of several bytes, UTF-16 units or code points to whatever piece a server reads or cuts.
"""

# ruff: noqa: E501 - tables read better in long lines
from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

_ALIGNED: Final = 70_000
"""More than the largest customary piece, 65,536."""


def texts() -> Iterator[tuple[str, str]]:
    """Texts of every class that servers stumble over, each with what it is. All are I-JSON."""
    yield from _TEXTS
    for name in ("NFC", "NFD", "NFKC"):
        text = unicodedata.normalize(name, "e\u0301\u212bﬁ한")
        yield text, f"text in {name}"
    yield from numbers()


def numbers() -> Iterator[tuple[str, str]]:
    """Texts that a careless server reads as numbers: another text comes back."""
    for power in _POWERS:
        for number in (2**power - 1, 2**power):
            yield str(number), f"the digits of {number}"
    for text in _NUMBERS:
        yield text, f"`{text}`, like a number"
    for name, zero in _ZEROS.items():
        yield "".join(chr(ord(zero) + digit) for digit in (1, 2)), f"12 in {name} digits"


def aligned(size: int = _ALIGNED) -> Iterator[tuple[str, str]]:
    """Long texts: at each place up to `size` some of them has a character that a cut would break.

    A cut is the end of a piece that is read or kept, counted in bytes, UTF-16 units or code points.
    """
    for unit, what in _UNITS.items():
        width = len(unit.encode())
        for offset in range(width):
            yield "x" * offset + unit * (size // width), f"{offset} letters, then many {what}"


_POWERS: Final = (7, 8, 15, 16, 31, 32, 53, 63, 64, 128)
_NUMBERS: Final = (
    "1.0", "1.50", "+1", "-0", "00", ".5", "5.", "1e5", "1E5", "1e-7", "0b1", "0o17", "0x1f", "1_000",
    "1,000", "1,5", "1 000", "Infinity", "-inf", "12:30:00", "1/2", "10%", "1n", "1L", "1f", "#1",
    "0.1000000000000000055", "123456789012345678901234567890", "\u00b2", "\u00bd", "\u2167",
)  # fmt: skip
_ZEROS: Final = {"Arabic": "\u0660", "Devanagari": "\u0966", "full-width": "\uff10"}
_UNITS: Final = {
    "\u00e9": "characters of two bytes",
    "\u4efb": "characters of three bytes",
    "\U0001f600": "characters of four bytes and two UTF-16 units",
    "e\u0301": "letters with a combining accent",
}

_TEXTS: Final = (
    ("x", "one letter"),
    ("0", "a digit"),
    ("007", "digits with zeros in front"),
    ("1e3", "a number in exponent form"),
    ("true", "the word true"),
    ("yes", "the word yes"),
    ("off", "the word off"),
    ("~", "a tilde"),
    ("null", "the word null"),
    ("None", "the word None"),
    ("undefined", "the word undefined"),
    ("NaN", "the word NaN"),
    (" ", "one space"),
    (" x", "a space in front"),
    ("x ", "a space behind"),
    ("x  y", "two spaces within"),
    ("\t", "a tab"),
    ("x\n", "a line feed behind"),
    ("x\r\ny: z", "a line break as in a header"),
    ("\0", "NUL alone"),
    ("x\0y", "NUL within"),
    ("x\0", "NUL behind"),
    ("\x01\x02\x1f\x7f", "control characters"),
    ("\x1b[31mred", "a terminal escape"),
    ("\x85\u2028\u2029", "line separators of Unicode"),
    ("'", "a single quote"),
    ('"', "a double quote"),
    ("\\", "a backslash"),
    ("\\\\host\\share", "backslashes, two of them together"),
    ("\\u0041\\n", "escapes, escaped"),
    ("`$(id)`", "a shell substitution"),
    ("'; DROP TABLE jobs; --", "an SQL injection"),
    ("' OR '1'='1", "an SQL condition"),
    ("%", "a percent sign"),
    ("100%", "a percent sign at the end"),
    ("%s%d%n%x", "format directives of C"),
    ("%(name)s", "a format directive of Python"),
    ("{0} {name} {}", "braces of a format"),
    ("{{7*7}} ${7*7} <%= 7 %>", "template expressions"),
    ("%00%2e%2F", "percent escapes"),
    ("_", "the wildcard _"),
    ("*?[a]", "wildcards"),
    ("../../etc/passwd", "a path"),
    ("/", "a slash"),
    ("a/b", "a slash within"),
    (".", "a dot"),
    ("..", "two dots"),
    ("C:\\x", "a path of Windows"),
    ("file:///x", "a URL"),
    ("<script>alert(1)</script>", "HTML"),
    ("&amp;", "an entity"),
    ("<!--", "a comment of HTML"),
    ("]]>", "the end of CDATA"),
    ("$ref", "the word $ref"),
    ("$gt", "an operator of a database"),
    ("__proto__", "the word __proto__"),
    ("constructor", "the word constructor"),
    ("toString", "the word toString"),
    ("=1+1", "a formula"),
    ("a" * 40 + "!", "letters, then a sign"),
    (" " * 40 + "x", "spaces, then a letter"),
    ("1e309", "a number too large for a 64-bit float"),
    ("-1", "a negative number"),
    ("0x1F", "a hexadecimal number"),
    ("2027-02-30", "a date that does not exist"),
    ("[]", "an empty list as text"),
    ('{"b" : 1,"a":[ ]}', "JSON as text"),
    ('"x"', "a text of JSON as text"),
    ("a+b%20c", "what a form's decoding changes"),
    ("$HOME ${PATH} %PATH%", "variables of an environment"),
    ("AAAA====", "something like base64"),
    ("xn--a", "something like punycode"),
    ("\r", "a carriage return"),
    ("\x7f", "DEL"),
    ("\u00ad", "a soft hyphen"),
    ("\u00a0x\u00a0", "no-break spaces around a letter"),
    ("\u3000x\u3000", "ideographic spaces around a letter"),
    ("\ufeffx", "a byte order mark in front"),
    ("\U000e0041", "a tag character"),
    (",;|", "separators"),
    ("äöüß", "letters of Latin-1"),
    ("İıſK", "letters that fold oddly"),
    ("ﬁ①Ⅷ", "letters of compatibility"),
    ("任务", "Chinese"),
    ("日本語テキスト", "Japanese"),
    ("Ελλάδα", "Greek"),
    ("\u0627\u0644\u0639", "Arabic"),
    ("\u202etxet", "a bidirectional override"),
    ("\u200b\u200d\ufeff", "characters without width"),
    ("x\ufeff", "a byte order mark within"),
    ("e\u0301", "a combining accent"),
    ("\u00e9", "the same, precomposed"),
    ("Z\u0351\u0329\u0340", "stacked accents"),
    ("\U0001f600", "an emoji"),
    ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "an emoji of several code points"),
    ("\U00010000\U0010ffff", "the first and last code point beyond the basic plane"),
    ("\uffff\ufdd0\ufffe", "noncharacters"),
    ("\ufffd", "the replacement character"),
    ("\ue000", "a private character"),
)

LENGTHS: Final = (
    2, 31, 32, 33, 35, 36, 37, 40, 41, 50, 51, 63, 64, 65, 99, 100, 101, 127, 128, 129, 199, 200,
    201, 254, 255, 256, 257, 499, 500, 501, 511, 512, 513, 999, 1000, 1001, 1023, 1024, 1025, 1999,
    2000, 2001, 2047, 2048, 2049, 3999, 4000, 4001, 4095, 4096, 4097, 8191, 8192, 8193, 9999, 10000,
    10001, 16383, 16384, 16385, 32767, 32768, 65535, 65536, 65537, 100000, 131072, 262144, 500000,
)  # fmt: skip
"""Around every customary limit of a text, in characters."""

SIZES: Final = (
    1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 15, 16, 17, 20, 21, 25, 26, 30, 31, 32, 33, 40, 41, 50, 51, 60, 61,
    63, 64, 65, 80, 81, 99, 100, 101, 127, 128, 129, 150, 151, 200, 201, 250, 251, 255, 256, 257, 300,
    301, 400, 401, 500, 501, 511, 512, 513, 750, 999, 1000, 1001, 1023, 1024, 1025, 2000, 2001, 2049,
    4097, 5001, 10001, 16000,
)  # fmt: skip
"""Around every customary limit of a batch, in items."""
