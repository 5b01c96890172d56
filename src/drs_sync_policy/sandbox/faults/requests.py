"""Faults of whole requests: valid ones that fail, and invalid heads or sizes that pass."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any, Final

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.faults.deep_seams import field_schema, policy_fields
from drs_sync_policy.sandbox.faults.fault import Fault, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import (
    Unwanted,
    crashes,
    more_items_than,
    rejects,
    repeated_job,
    some_id,
    some_item,
    some_text,
    stages,
)
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.pipeline import Pipeline, Read

_VENDOR_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{7,8}jb[0-9a-z]{2,3}")


def faults(contract: Contract) -> tuple[Fault, ...]:
    """All of them, one for each optional field of `contract` among them."""
    fields = policy_fields(contract)
    return (
        *of_rule(
            "valid-request-is-accepted",
            *(
                (f"refuses-{name.replace('_', '-')}", f"An item that has `{name}` is rejected.",
                 field_schema(name, False))
                for name in fields
            ),
        ),
        *of_rule(
            "valid-request-never-crashes",
            ("crashes-on-full-item", "An item that has every field gets 500.",
             crashes(some_item(lambda item: fields.keys() < item.keys()))),
        ),
        *_FAULTS,
    )  # fmt: skip


# --- valid requests ------------------------------------------------------------------------------
def _item_with(name: str, value: Any) -> Unwanted:
    return some_item(lambda item: name in item and item[name] == value)


def _is_not_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return True
    return False


def _limited(limit: int) -> Seam:
    def replace(inner: Pipeline) -> Read:
        async def read(request: Request) -> bytes:
            body = await inner.read(request)
            if len(body) > limit:
                raise rejection.body_too_large()
            return body

        return read

    return stages(read=replace)


_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def _parser_crashes(on: Callable[[bytes], bool]) -> Seam:
    """The parser fails on something outside the strings."""

    def replace(inner: Pipeline) -> Callable[[bytes], Any]:
        def parse(body: bytes) -> Any:
            if on(_STRING.sub(b'""', body)):
                raise rejection.service_failed()
            return inner.parse(body)

        return parse

    return stages(parse=replace)


_FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "valid-request-is-accepted",
        ("refuses-ignore", "The conflict policy `ignore` is rejected.",
         rejects(_item_with("conflict_policy", "ignore"))),
        ("refuses-false", "`ddl_trans: false` is rejected.",
         rejects(_item_with("ddl_trans", False))),
        ("refuses-empty-slot", "An empty `slot_name` is rejected.",
         rejects(_item_with("slot_name", ""))),
        ("refuses-chinese", "A request for Chinese texts is rejected.",
         rejects(lambda _document, request: request.headers.get("x-language") == "zh-cn")),
        ("refuses-duplicates", "A batch that names a job twice is rejected.",
         rejects(repeated_job)),
        ("refuses-charset", "A `Content-Type` with a parameter is rejected.",
         rejects(lambda _document, request: ";" in request.headers.get("content-type", ""))),
        ("refuses-bare-item", "An item without a policy field is rejected.",
         rejects(some_item(lambda item: len(item) == 1))),
        ("refuses-pair", "`ddl_trans` without `index_trans` is rejected.",
         rejects(some_item(
             lambda item: item.get("ddl_trans") is True and item.get("index_trans") is False))),
    ),
    *of_rule(
        "valid-request-never-crashes",
        ("crashes-on-nul", "A NUL in a text gets 500.",
         crashes(some_text(lambda text: "\0" in text))),
        ("crashes-on-nul-slot", "A NUL in `slot_name` gets 500.",
         crashes(some_item(lambda item: "\0" in item.get("slot_name", "")))),
        ("crashes-on-astral", "A character beyond the basic plane gets 500.",
         crashes(some_text(lambda text: any(ord(character) > 0xFFFF for character in text)))),
        ("crashes-on-non-ascii", "A text that is not ASCII gets 500.",
         crashes(some_text(lambda text: not text.isascii()))),
        ("crashes-on-quote", "A single quote in a text gets 500.",
         crashes(some_text(lambda text: "'" in text))),
        ("crashes-on-percent", "A percent sign gets 500.",
         crashes(some_text(lambda text: "%" in text))),
        ("crashes-on-backslash", "A backslash gets 500.",
         crashes(some_text(lambda text: "\\" in text))),
        ("crashes-on-braces", "A format directive in braces gets 500.",
         crashes(some_text(lambda text: "{" in text))),
        ("crashes-on-long-text", "A text of more than 255 characters gets 500.",
         crashes(some_text(lambda text: len(text) > 255))),
        ("crashes-on-very-long-text", "A text of more than 65535 characters gets 500.",
         crashes(some_text(lambda text: len(text) > 65_535))),
        ("crashes-on-empty-text", "An empty text gets 500.",
         crashes(some_text(lambda text: text == ""))),
        ("crashes-on-duplicates", "A job that is named twice gets 500.", crashes(repeated_job)),
        ("crashes-on-100-items", "A batch of 100 items or more gets 500.",
         crashes(more_items_than(99))),
        ("crashes-on-1000-items", "A batch of 1000 items or more gets 500.",
         crashes(more_items_than(999))),
        ("crashes-on-pair", "`stop` together with `index_trans: false` gets 500.",
         crashes(some_item(lambda item: item.get("conflict_policy") == "stop"
                           and item.get("index_trans") is False))),
    ),
    *of_rule(
        "job-id-is-opaque",
        ("ids-must-be-uuids", "A `job_id` that is not a UUID is rejected.",
         rejects(some_id(_is_not_uuid))),
        ("ids-must-have-the-vendor-shape",
         "A `job_id` that does not look like the vendor's is rejected.",
         rejects(some_id(lambda text: _VENDOR_ID.fullmatch(text) is None))),
        ("ids-of-64-at-most", "A `job_id` of more than 64 characters is rejected.",
         rejects(some_id(lambda text: len(text) > 64))),
        ("ids-without-blanks", "A `job_id` with white space in it is rejected.",
         rejects(some_id(lambda text: any(character.isspace() for character in text)))),
        ("ids-in-ascii", "A `job_id` that is not ASCII is rejected.",
         rejects(some_id(lambda text: not text.isascii()))),
        ("ids-without-slashes", "A `job_id` with a slash in it is rejected.",
         rejects(some_id(lambda text: "/" in text))),
    ),
    *of_rule(
        "batch-size-is-unbounded",
        *((f"batches-of-{size}-at-most", f"A batch of more than {size} items is rejected.",
           rejects(more_items_than(size))) for size in (10, 100, 1000)),
        *((f"bodies-of-{size}-kb-at-most", f"A body above {size} KB gets 413.",
           _limited(size * 1024)) for size in (64, 512)),
    ),
    *of_rule(
        "extremes-in-ignored-fields-are-survived",
        ("crashes-on-nesting", "Nesting beyond 64 levels gets 500.", _parser_crashes(
            lambda body: re.search(rb"(?:\[\s*|\{[^{}\[\]]*:\s*){65}", body) is not None)),
        ("crashes-on-huge-integer", "An integer of more than 300 digits gets 500.",
         _parser_crashes(lambda body: re.search(rb"\d{301}", body) is not None)),
        ("crashes-on-huge-exponent", "A number whose exponent is 300 or more gets 500.",
         _parser_crashes(lambda body: re.search(rb"\d[eE]\+?[3-9]\d\d", body) is not None)),
    ),
)  # fmt: skip
