"""What a call can raise beside httpx's own errors of the network.

ApiError
├── InvalidRequest       it breaks the contract and was not sent
├── DocumentedError      the server refused it, in words that the contract knows
└── UnexpectedAnswer     the server answered what the contract does not know
    └── UnexpectedStatus     and with a status that it does not know either

No text of theirs has a token or a body in it: bodies are attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

E = TypeVar("E")


class Problem(NamedTuple):
    """One thing that is wrong with a value: where, which value, what, and what may stand there."""

    at: str
    value: object
    message: str
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = repr(self.value)
        shown = shown if len(shown) <= 60 else f"{shown[:60]}..."
        return f"`{self.at}` is {shown}: {self.message}" if self.at else self.message


class ApiError(Exception):
    """Anything that this package raises."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The state may lead back here, and so is set when the error is there already.
        return _new, (type(self), self.args), self.__dict__


def _new(kind: type[ApiError], args: tuple[Any, ...]) -> ApiError:
    return kind.__new__(kind, *args)


class InvalidRequest(ApiError, ValueError):
    """The request breaks the contract; nothing was sent. `problems` names every place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        shown = "; ".join(str(problem) for problem in self.problems[:5])
        more = f"; and {len(self.problems) - 5} more" if len(self.problems) > 5 else ""
        super().__init__(f"the request breaks the contract and was not sent: {shown}{more}")


class DocumentedError(ApiError, Generic[E]):
    """The server refused the request with a documented status; `parsed` is what it said."""

    def __init__(
        self,
        status_code: int,
        content: bytes,
        parsed: E,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status_code = status_code
        self.content = content
        self.parsed = parsed
        self.headers: Mapping[str, str] = headers or {}
        code, message = getattr(parsed, "error_code", ""), getattr(parsed, "error_msg", "")
        said = f": {code} {message}" if code else ""
        super().__init__(f"the server refused the request with status {status_code}{said}")


class UnexpectedAnswer(ApiError):
    """The server answered what the contract does not know; `content` is what it said."""

    def __init__(
        self,
        status_code: int,
        content: bytes,
        reason: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status_code = status_code
        self.content = content
        self.reason = reason
        self.headers: Mapping[str, str] = headers or {}
        super().__init__(
            f"the answer is outside the contract: status {status_code} with a body of "
            f"{len(content)} bytes: {reason}"
        )


class UnexpectedStatus(UnexpectedAnswer):
    """The server answered with a status that the contract does not know."""


__all__ = [
    "ApiError",
    "DocumentedError",
    "InvalidRequest",
    "Problem",
    "UnexpectedAnswer",
    "UnexpectedStatus",
]
