"""What happens to a page of `docs/` on its way to the site: links, diagrams, commands, description.

The sources stay as they are read in a clone. On the site a diagram is part of the page, so that it
has its colours; a command and its output are two blocks, so that "copy" copies the command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

MOVED: Final = {
    "../openapi.yaml": "reference/openapi.yaml",
    "reference/README.md": "reference/index.html",
}
"""What a page of `docs/` links to, in a clone and on the site."""
_CONSOLE: Final = re.compile(
    r"^(?P<indent> *)```console\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_DIAGRAM: Final = re.compile(r"^!\[[^\]]*\]\(((?:diagrams|charts)/[\w-]+\.svg)\)$", re.MULTILINE)
_PICTURE: Final = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<path>[\w/]+)\.webp\)(?:\{[^}]*\})?")
PHONE: Final = "44em"
"""A screen that is not wider is a phone, as in `assets/guide.css`."""
_OUTPUT: Final = "{ .text .no-copy .output }"
"""What follows the fence of a block that nobody copies."""
_COMMENT: Final = re.compile(r"<!--.*?-->\n*", re.DOTALL)


def staged(text: str, docs: Path) -> str:
    """The text of a page as the site is built from it; `docs` has the diagrams."""
    for there, here in MOVED.items():
        text = text.replace(f"]({there})", f"]({here})")
    text = text.replace("```text\n", f"```{_OUTPUT}\n")
    text = _PICTURE.sub(lambda picture: _in_each_form(picture, docs), text)
    text = _DIAGRAM.sub(lambda picture: _inline(docs / picture[1]), text)
    return described(_CONSOLE.sub(_blocks, text))


def glossed(text: str) -> str:
    """The glossary as a list in which each word has a place that links lead to."""

    def entry(row: re.Match[str]) -> str:
        place = row[1].replace(" ", "-")
        return f"**{row[1]}**{{ #{place} }}\n:   {row[2]}\n"

    listed = re.sub(r"^\| Word \| Meaning \|\n\|[-|]+\|\n", "", text, flags=re.MULTILINE)
    return re.sub(r"^\| ([^|]+) \| (.*) \|$", entry, listed, flags=re.MULTILINE)


def placed(text: str) -> str:
    """The page of the target profile with a place, which links lead to, for each entry.

    An entry that stands in two tables has its place in the later one, which says more.
    """
    lines = text.splitlines(keepends=True)
    places: dict[str, int] = {}
    entries = False
    for number, line in enumerate(lines):
        entries = line.startswith("| Entry |") or (entries and line.startswith("|"))
        if entries:
            places |= dict.fromkeys(re.findall(r"`(\w+)`", line.split("|")[1]), number)
    for name, number in places.items():
        lines[number] = lines[number].replace(f"`{name}`", f"`{name}`{{ #{name} }}", 1)
    return "".join(lines)


def described(text: str) -> str:
    """The text with its description, for search engines and previews: its first paragraph."""
    summary = description(text)
    if text.startswith("---\n") or not summary:
        return text
    return f"---\ndescription: {json.dumps(summary, ensure_ascii=False)}\n---\n\n{text}"


def description(text: str) -> str:
    """The first paragraph below the title, without markup, up to a sentence's end near 160."""
    body = _COMMENT.sub("", text).partition("\n")[2].strip()
    first = " ".join(body.partition("\n\n")[0].split())
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", lambda link: link[1] or "", first)
    if first.startswith(("|", "#", "<", "!", "```")):
        return ""
    sentences = re.split(r"(?<=[.!?]) (?=[A-Z`])", plain)
    kept = sentences[0]
    for sentence in sentences[1:]:
        if len(kept) + len(sentence) > 160:
            break
        kept += f" {sentence}"
    return kept


def _inline(picture: Path) -> str:
    """The picture in the page; one that has a form for phones in both forms, as charts are."""
    drawn, phone = picture.read_text("utf-8"), picture.with_stem(f"{picture.stem}-phone")
    if phone.exists():
        begin = 'class="diagram'
        drawn = drawn.replace(begin, f"{begin} wide", 1)
        drawn += phone.read_text("utf-8").replace(begin, f"{begin} narrow", 1)
    return f"<figure>\n{drawn}</figure>"


def _in_each_form(picture: re.Match[str], docs: Path) -> str:
    """A picture in the form for the reader's colours and screen, where it has these forms."""
    path, alt = picture["path"], escape(picture["alt"])
    if not (docs / f"{path}-dark-phone.webp").exists():
        return picture[0]
    return "".join(
        f'<picture class="in-{scheme}"><source media="(max-width: {PHONE})" '
        f'srcset="{path}{dark}-phone.webp"><img src="{path}{dark}.webp" alt="{alt}" loading="lazy">'
        "</picture>"
        for scheme, dark in (("light", ""), ("dark", "-dark"))
    )


def _blocks(console: re.Match[str]) -> str:
    """A block of commands for each run of them, and a block for what they print."""
    indent = console["indent"]
    parts: list[tuple[str, list[str]]] = []
    for command, output in commands(re.sub(f"^{indent}", "", console["body"], flags=re.MULTILINE)):
        command = re.sub(r" # exit \d+$", "", command)
        if parts and parts[-1][0] == "sh":
            parts[-1][1].append(command)
        else:
            parts.append(("sh", [command]))
        if output:
            parts.append((_OUTPUT, [output]))
    blocks = ("```{}\n{}\n```".format(kind, "\n".join(lines)) for kind, lines in parts)
    return re.sub(r"^(?=.)", indent, "\n\n".join(blocks), flags=re.MULTILINE)


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, without prompt, and what is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.rstrip().splitlines()
        end = next((i for i, line in enumerate(lines) if not line.endswith("\\")), 0) + 1
        while end < len(lines) and "\n".join(lines[:end]).count("'") % 2:
            end += 1
        yield "\n".join(lines[:end]), "\n".join(lines[end:]).strip("\n")
