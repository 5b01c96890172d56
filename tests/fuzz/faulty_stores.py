"""Servers that store something else than they were sent."""

from __future__ import annotations

import contextlib
import html
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from tests.fuzz.servers import JOBS, Handler, Refused
from tests.fuzz.validity import is_valid, loads

Item = dict[str, Any]


class Storing(Handler):
    """Stores something else than it was sent."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        return {**super().apply(project, self.stored(item), place), "id": item["job_id"]}

    def stored(self, item: Item) -> Item:
        """What is stored of an item."""
        text = item.get("slot_name")
        return {**item, "slot_name": self.text(text)} if isinstance(text, str) else item

    def text(self, text: str) -> str:
        """What is stored of a text."""
        return text


def _number(text: str) -> str:
    """The shortest form of a text that looks like a number."""
    try:
        return f"{float(text):g}" if re.fullmatch(r"[\d.]+", text) else text
    except ValueError:
        return text


_TEXTS: Final[Mapping[str, Callable[[str], str]]] = {
    "CutsAt63": lambda t: t.encode()[:63].decode(errors="ignore"),  # as PostgreSQL cuts a name
    "CutsAt300": lambda t: t[:300],
    "CutsAt3000": lambda t: t.encode()[:3072].decode(errors="ignore"),  # as an index of MySQL
    "CutsUnits": lambda t: t.encode("utf-16-le")[:80].decode("utf-16-le", errors="ignore"),
    "Normalizes": lambda t: unicodedata.normalize("NFC", t),
    "NumbersFromText": _number,
    "DigitsOfAnyScript": lambda t: str(int(t)) if t.isdecimal() and not t.isascii() else t,
    "EscapesHtml": lambda t: html.escape(t, quote=False),
    "Unquotes": unquote,
    "NoAstral": lambda t: "".join("?" if ord(c) > 0xFFFF else c for c in t),  # MySQL's utf8
}
"""What is stored of a text."""
TEXTS: Final = {
    name: type(name, (Storing,), {"text": staticmethod(stored)}) for name, stored in _TEXTS.items()
}
"""The servers that store it so."""


class LosesEmptyText(Storing):
    """Takes an empty text for an absent one."""

    def stored(self, item: Item) -> Item:
        return {k: v for k, v in item.items() if v != ""}


class LosesAnIndependentField(Storing):
    """Loses one field if two others are there, and only if they have these values."""

    def stored(self, item: Item) -> Item:
        if item.get("conflict_policy") == "stop" and item.get("ddl_trans") is False:
            return {k: v for k, v in item.items() if k != "index_trans"}
        return item


class LosesOfThree(Storing):
    """Loses a field where three others are absent."""

    def stored(self, item: Item) -> Item:
        if not {"conflict_policy", "filter_ddl_policy", "index_trans"} & {*item}:
            return {k: v for k, v in item.items() if k != "ddl_trans"}
        return item


class ReplacesThePolicy(Handler):
    """Replaces what is stored if three fields or more are given."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        if item["job_id"] in JOBS[project] and len(item) > 3:
            self.server.stored[item["job_id"]] = {}
        return super().apply(project, item, place)


class ReplacesForALanguage(Handler):
    """Replaces what is stored if the header of the language is there."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        if item["job_id"] in JOBS[project] and self.language == "zh-cn":
            self.server.stored[item["job_id"]] = {}
        return super().apply(project, item, place)


class LosesTheRestOfAChunk(Handler):
    """Stores a batch in chunks of 43 items, and forgets a rest of one item."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        lost = place and place % 43 == 0 and place == self.size - 1
        return super().apply(project, {"job_id": item["job_id"]} if lost else item, place)

    def parse(self, body: bytes) -> list[Item]:
        items = super().parse(body)
        self.size = len(items)
        return items


class MixesJobs(Storing):
    """Sets a field of the last job of a batch for all of its jobs."""

    def policy(self, path: str, body: bytes) -> Item:
        found = super().policy(path, body)
        with contextlib.suppress(ValueError):
            items = [i for i in json.loads(body)["jobs"] if i["job_id"] in self.server.stored]
            for item in items if len(items) > 2 else ():
                if "index_trans" in items[-1]:
                    self.server.stored[item["job_id"]]["index_trans"] = items[-1]["index_trans"]
        return found


class DefaultsOfAFirstRequest(Handler):
    """Gives a field a value when a job is set for the first time, whatever the item names."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        if item["job_id"] in JOBS[project]:
            self.server.stored.setdefault(item["job_id"], {"index_trans": False})
        return super().apply(project, item, place)


class AppliesWhatItRejects(Handler):
    """Stores the valid items of a request that it rejects, whoever sends it and owns the jobs."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        try:
            return super().policy(path, body)
        except Refused:
            with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
                for place, item in enumerate(filter(is_valid, loads(body)["jobs"])):
                    for project in JOBS:
                        self.apply(project, item, place)
            raise


class StoresWhatItThrottles(Handler):
    """Sends 429 to some requests that it has carried out."""

    status = 429

    def policy(self, path: str, body: bytes) -> Item:
        found = super().policy(path, body)
        if self.server.requests % 25 == 0:
            raise Refused(self.status)
        return found
