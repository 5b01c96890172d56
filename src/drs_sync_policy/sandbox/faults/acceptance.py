"""Faults against valid requests: refused, answered with a 5xx, or bounded where nothing is."""

from __future__ import annotations

import re
import uuid
from collections.abc import (
    Callable,
    Iterator,
)
from typing import Any

import attrs

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox import rejection as refusal
from drs_sync_policy.sandbox.faults.contracts import policy_fields
from drs_sync_policy.sandbox.faults.fault import Fault
from drs_sync_policy.sandbox.faults.wrap import (
    Rows,
    Unwanted,
    WrapSteps,
    any_id,
    any_item,
    any_text,
    bad_parameter,
    crashes,
    field_schema,
    more_items_than,
    refuses,
)
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.steps import Steps


def faults(contract: Contract) -> Iterator[Fault]:
    """All of them, one for each optional field of `contract` among them."""
    yield from _refused(contract)
    yield from _crashes()
    yield from _ids()
    yield from _sizes()
    yield from _extremes()


def _refused(contract: Contract) -> Iterator[Fault]:
    rule = "valid-request-is-accepted"
    for name in policy_fields(contract):
        yield Fault(
            f"refuses-{name.replace('_', '-')}",
            f"An item that has `{name}` is refused.",
            rule,
            "status",
            contract=field_schema(name, lambda _schema: False),
        )

    def value(name: str, unwanted: Callable[[Any], bool]) -> Unwanted:
        return any_item(lambda item: name in item and unwanted(item[name]))

    def language(_document: Any, call: Call) -> bool:
        return call.headers.get("x-language") == "zh-cn"

    def duplicates(document: Any, _call: Call) -> bool:
        ids = [item["job_id"] for item in document["jobs"]]
        return len(set(ids)) < len(ids)

    def parameters(_document: Any, call: Call) -> bool:
        return ";" in call.headers.get("content-type", "")

    unwanted_table: Rows[Unwanted] = (
        ("refuses-ignore", "The conflict policy `ignore` is refused.", value(
            "conflict_policy", lambda given: given == "ignore")),
        ("refuses-false", "`ddl_trans: false` is refused.", value(
            "ddl_trans", lambda given: given is False)),
        ("refuses-empty-slot", "An empty `slot_name` is refused.", value(
            "slot_name", lambda given: given == "")),
        ("refuses-chinese", "A request for Chinese texts is refused.", language),
        ("refuses-duplicates", "A batch that names a job twice is refused.", duplicates),
        ("refuses-charset", "A `Content-Type` with a parameter is refused.", parameters),
        ("refuses-bare-item", "An item without a policy field is refused.", any_item(
            lambda item: len(item) == 1)),
        ("refuses-pair", "`ddl_trans` without `index_trans` is refused.", any_item(
            lambda item: item.get("ddl_trans") is True and item.get("index_trans") is False)),
    )  # fmt: skip
    for name, description, unwanted in unwanted_table:
        yield Fault(name, description, rule, "status", steps=refuses(unwanted, bad_parameter))


def _crashes() -> Iterator[Fault]:
    def twice(document: Any, _call: Call) -> bool:
        ids = [item["job_id"] for item in document["jobs"]]
        return len(set(ids)) < len(ids)

    def nul_slot(item: dict[str, Any]) -> bool:
        return "\0" in item.get("slot_name", "")

    on_table: Rows[Unwanted] = (
        ("crashes-on-nul", "A NUL in a text gets 500.", any_text(lambda text: "\0" in text)),
        ("crashes-on-nul-slot", "A NUL in `slot_name` gets 500.", any_item(nul_slot)),
        (
            "crashes-on-astral",
            "A character beyond the basic plane gets 500.",
            any_text(lambda text: any(ord(character) > 0xFFFF for character in text)),
        ),
        (
            "crashes-on-non-ascii",
            "A text that is not ASCII gets 500.",
            any_text(lambda text: not text.isascii()),
        ),
        ("crashes-on-quote", "A single quote in a text gets 500.", any_text(lambda t: "'" in t)),
        ("crashes-on-percent", "A percent sign gets 500.", any_text(lambda text: "%" in text)),
        ("crashes-on-backslash", "A backslash gets 500.", any_text(lambda text: "\\" in text)),
        (
            "crashes-on-braces",
            "A format directive in braces gets 500.",
            any_text(lambda text: "{" in text),
        ),
        (
            "crashes-on-long-text",
            "A text of more than 255 characters gets 500.",
            any_text(lambda text: len(text) > 255),
        ),
        (
            "crashes-on-very-long-text",
            "A text of more than 65535 characters gets 500.",
            any_text(lambda text: len(text) > 65_535),
        ),
        (
            "crashes-on-empty-text",
            "An empty text gets 500.",
            any_text(lambda text: text == ""),
        ),
        ("crashes-on-duplicates", "A job that is named twice gets 500.", twice),
        ("crashes-on-100-items", "A batch of 100 items or more gets 500.", more_items_than(99)),
        ("crashes-on-1000-items", "A batch of 1000 items or more gets 500.", more_items_than(999)),
        (
            "crashes-on-full-item",
            "An item that has every field gets 500.",
            any_item(lambda item: len(item) >= 6),
        ),
        (
            "crashes-on-pair",
            "`stop` together with `index_trans: false` gets 500.",
            any_item(
                lambda item: (
                    item.get("conflict_policy") == "stop" and item.get("index_trans") is False
                )
            ),
        ),
    )
    for name, description, on in on_table:
        yield Fault(name, description, "valid-request-never-crashes", "crash", steps=crashes(on))


def _ids() -> Iterator[Fault]:
    def no_uuid(text: str) -> bool:
        try:
            uuid.UUID(text)
        except ValueError:
            return True
        return False

    shape = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{7,8}jb[0-9a-z]{2,3}")
    unwanted_table: Rows[Callable[[str], bool]] = (
        ("ids-must-be-uuids", "A `job_id` that is no UUID is refused.", no_uuid),
        (
            "ids-must-have-the-vendor-shape",
            "A `job_id` that does not look like the vendor's is refused.",
            lambda text: shape.fullmatch(text) is None,
        ),
        (
            "ids-of-64-at-most",
            "A `job_id` of more than 64 characters is refused.",
            lambda text: len(text) > 64,
        ),
        (
            "ids-without-blanks",
            "A `job_id` with a blank in it is refused.",
            lambda text: any(character.isspace() for character in text),
        ),
        (
            "ids-in-ascii",
            "A `job_id` that is not ASCII is refused.",
            lambda text: not text.isascii(),
        ),
        (
            "ids-without-slashes",
            "A `job_id` with a slash in it is refused.",
            lambda text: "/" in text,
        ),
    )
    for name, description, unwanted in unwanted_table:
        steps = refuses(any_id(unwanted), bad_parameter)
        yield Fault(name, description, "job-id-is-opaque", "status", steps=steps)


def _sizes() -> Iterator[Fault]:
    rule = "batch-size-is-unbounded"
    for size in (10, 100, 1000):
        yield Fault(
            f"batches-of-{size}-at-most",
            f"A batch of more than {size} items is refused.",
            rule,
            "validation",
            steps=refuses(more_items_than(size), bad_parameter),
        )
    for name, description, limit in (
        ("bodies-of-64-kb-at-most", "A body above 64 KB gets 413.", 64 * 1024),
        ("bodies-of-512-kb-at-most", "A body above 512 KB gets 413.", 512 * 1024),
    ):
        yield Fault(name, description, rule, "status", steps=_limited(limit))


def _limited(limit: int) -> WrapSteps:
    def wrap(steps: Steps) -> Steps:
        async def read(call: Call) -> bytes:
            body = await steps.read(call)
            if len(body) > limit:
                raise refusal.body_too_large()
            return body

        return attrs.evolve(steps, read=read)

    return wrap


def _extremes() -> Iterator[Fault]:
    def dies(on: Callable[[bytes], bool]) -> WrapSteps:
        def wrap(steps: Steps) -> Steps:
            def parse(body: bytes) -> Any:
                if on(body):
                    raise refusal.service_failed()
                return steps.parse(body)

            return attrs.evolve(steps, parse=parse)

        return wrap

    on_table: Rows[Callable[[bytes], bool]] = (
        (
            "crashes-on-nesting",
            "Nesting beyond 64 levels gets 500.",
            lambda body: re.search(rb"(?:\[\s*|\{[^{}\[\]]*:\s*){65}", body) is not None,
        ),
        (
            "crashes-on-huge-integer",
            "An integer of more than 300 digits gets 500.",
            lambda body: re.search(rb"\d{301}", body) is not None,
        ),
        (
            "crashes-on-huge-exponent",
            "A number whose exponent is 300 or more gets 500.",
            lambda body: re.search(rb"\d[eE]\+?[3-9]\d\d", body) is not None,
        ),
    )
    for name, description, on in on_table:
        yield Fault(
            name, description, "extremes-in-ignored-fields-are-survived", "crash", steps=dies(on)
        )
