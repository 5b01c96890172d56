from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from msgspec import Struct, field

from ..errors import Problem
from ..types import (
    EXTRA,
    UNSET,
    Rules,
    Unset,
    check,
    from_builtins,
    to_builtins,
)


class ErrorResponse(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    repr_omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """Why a request was not carried out.

    Attributes:
        error_code (str): One of the vendor's error codes. Match on this, never on the message.
        error_msg (str): What went wrong, in words of the language that `X-Language` chose.
        request_id (str | Unset): The id of the request, added by a gateway.
        additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    error_code: str
    error_msg: str
    request_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = field(name=EXTRA, default={})

    def is_sound(self) -> bool:
        """True only if there are no problems; False may also mean "look closer"."""
        unset = UNSET
        value: Any = self.error_code
        if not (type(value) is str and value.isascii() and value != ""):
            return False
        value = self.error_msg
        if not (type(value) is str and value.isascii() and value != ""):
            return False
        value = self.request_id
        if value is not unset and not (type(value) is str and value.isascii()):
            return False
        return True

    def problems(self, at: str = "") -> Iterator[Problem]:
        """What of this breaks the contract, `at` being the place of the whole."""
        if self.is_sound():
            return
        at = f"{at}." if at else ""
        yield from check(self.error_code, _RULES["error_code"], f"{at}error_code")
        yield from check(self.error_msg, _RULES["error_msg"], f"{at}error_msg")
        yield from check(self.request_id, _RULES["request_id"], f"{at}request_id")

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, in plain dicts and lists."""
        written: dict[str, Any] = to_builtins(self)
        return written

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """The reverse of `to_dict`; raises `msgspec.ValidationError`, which names the place."""
        return from_builtins(dict(src_dict), cls)


_RULES: Final[Mapping[str, Rules]] = {
    "error_code": {"type": "string", "minLength": 1},
    "error_msg": {"type": "string", "minLength": 1},
    "request_id": {"type": "string"},
}
