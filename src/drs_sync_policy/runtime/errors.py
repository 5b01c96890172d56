"""What the package raises; the generated package raises errors of the same tree.

DrsError                        `outcome`: what is known of each item
├── UnreachableError                no response
│   ├── ConnectFailedError              no connection; nothing was sent
│   ├── ConnectionLostError             it broke; whether the server acted is unknown
│   └── TimedOutError                   a timeout or the deadline ended it
├── LoginError                      IAM gave no token: `host`, and `reason`, an error of this tree
├── OutsideContractError            the response is outside the contract
├── RefusedError                    the server rejected it; `code`, `message`, `meaning`, `remedy`
│   ├── BadRequestError                 400
│   ├── UnauthorizedError               401
│   ├── ForbiddenError                  403
│   ├── NotFoundError                   404
│   ├── MethodNotAllowedError           405
│   ├── ContentTooLargeError            413
│   ├── UnsupportedMediaTypeError       415
│   ├── UnprocessableContentError       422
│   ├── TooManyRequestsError            429
│   ├── InternalServerError             500
│   ├── ServiceUnavailableError         503
│   └── GatewayError                    414, 431, 494, 502, 504: a gateway before the service
├── WrongUseError                   found before anything was sent; also a `ValueError`
└── JobsFailedError                 raised by `Outcome.raise_for_failures` only

No text, attribute or pickle of an error has a credential in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from drs_sync_policy.runtime.messages import RequestInfo, ResponseInfo
from drs_sync_policy.text import printable, shortened

if TYPE_CHECKING:
    from drs_sync_policy.codes import ErrorCode
    from drs_sync_policy.runtime.outcomes import ItemResults

_LONGEST: Final = 1000


class Problem(NamedTuple):
    """An invalid value: its place, the value, what is wrong with it, and the valid choices."""

    at: str
    value: object
    message: str
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = repr(self.value)
        shown = shown if len(shown) <= 60 else f"{shown[:60]}..."
        return f"`{self.at}` is {shown}: {self.message}" if self.at else self.message


class DrsError(Exception):
    """Any error that this package raises.

    `outcome` is what is known of each item; `request` and `response` are what was sent and
    received. `results` are the results of single items that an error response has, if it has any.
    `perhaps_acted` is whether the server may have carried out any of the request.
    """

    perhaps_acted: bool = False

    outcome: ItemResults | None = None
    results: Sequence[Any] | None = None
    request: RequestInfo | None = None
    response: ResponseInfo | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # The state may lead back here, and so is set when the error exists already.
        return _new, (type(self), self.args), self.__dict__


def _new(kind: type[DrsError], args: tuple[Any, ...]) -> DrsError:
    return kind.__new__(kind, *args)


class UnreachableError(DrsError):
    """There was no response. `attempts` is the number of attempts."""

    def __init__(
        self, message: str, *, request: RequestInfo | None = None, attempts: int = 1
    ) -> None:
        super().__init__(message)
        self.request: RequestInfo | None = request
        self.attempts: int = attempts


class ConnectFailedError(UnreachableError):
    """There was no connection to the server, so nothing was sent."""


class ConnectionLostError(UnreachableError):
    """The connection broke before the response was complete: the server may have acted."""


class TimedOutError(UnreachableError):
    """It took too long: `phase` is `connect`, `write`, `read`, `pool`, or `total` for it all."""

    def __init__(
        self, message: str, *, phase: str, request: RequestInfo | None = None, attempts: int = 1
    ) -> None:
        super().__init__(message, request=request, attempts=attempts)
        self.phase = phase


class OutsideContractError(DrsError):
    """The response is outside the contract; `reason` says in what way."""

    perhaps_acted = True

    def __init__(
        self, reason: str, *, response: ResponseInfo, request: RequestInfo | None = None
    ) -> None:
        self.reason: str = reason
        self.response: ResponseInfo | None = response
        self.request: RequestInfo | None = request
        self.request_id: str | None = response.request_id
        super().__init__(
            f"the response is outside the contract: status {response.status} with a body of"
            f" {len(response.content)} bytes: {reason}{_quote_id(self.request_id)}. Check the URL,"
            " and whether a proxy or gateway responds in the server's place"
        )


class RefusedError(DrsError):
    """The server rejected the request. Compare `code` or the class, never `message`.

    `code` and `message` are the server's, None if it gave none; `meaning` and `remedy` are ours,
    for known codes; `retry_after` is in seconds; `parsed` is the body as the contract describes it.
    """

    def __init__(
        self,
        *,
        response: ResponseInfo,
        code: str | None = None,
        message: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        request: RequestInfo | None = None,
        attempts: int = 1,
        parsed: object = None,
    ) -> None:
        known = explained(code, response.status) if code else None
        self.response: ResponseInfo | None = response
        self.request: RequestInfo | None = request
        self.status: int = response.status
        self.code = code
        self.message = message
        self.meaning: str | None = known.meaning if known else None
        self.remedy: str | None = known.remedy if known else None
        self.request_id: str | None = response.request_id or request_id
        self.retry_after = retry_after
        self.attempts: int = attempts
        self.parsed = parsed
        super().__init__(self.describe())

    def note_attempts(self, attempts: int) -> None:
        """Notes the number of attempts, in the text, too."""
        self.attempts = attempts
        Exception.__init__(self, self.describe())

    def describe(self) -> str:
        """The text of the error, from its attributes."""
        said = f": {_shown(self.code)} {_shown(self.message)}" if self.code else ", without a code"
        tried = f" after {self.attempts} attempts" if self.attempts > 1 else ""
        parts = [f"the server rejected the request{tried} with status {self.status}{said}"]
        parts += [self.meaning] if self.meaning else []
        parts += [self.remedy] if self.remedy else []
        parts += [f"Try again in {self.retry_after:g} s."] if self.retry_after else []
        return " ".join(parts) + _quote_id(self.request_id)


class LoginError(DrsError):
    """IAM gave no token, so no job was sent. It is always safe to try again.

    `host` is the IAM server; `reason` is the error of the login: an `UnreachableError`, a
    `RefusedError` or an `OutsideContractError`. `perhaps_acted` is true only if an earlier attempt
    of the request reached the service.
    """

    def __init__(
        self, host: str, reason: UnreachableError | RefusedError | OutsideContractError
    ) -> None:
        self.host = host
        self.reason = reason
        self.request: RequestInfo | None = reason.request
        self.response: ResponseInfo | None = reason.response
        super().__init__(f"the login at {host} failed: {reason}")


class BadRequestError(RefusedError):
    """400: the server says that the request violates the contract. Nothing was stored.

    If the server responded with results instead of an error, they are in `outcome`.
    """


class UnauthorizedError(RefusedError):
    """401: the credentials are missing, unknown or expired; or a permission is missing."""


class ForbiddenError(RefusedError):
    """403: the credentials are not accepted, or do not belong to the project."""


class NotFoundError(RefusedError):
    """404: the server does not have this path."""


class MethodNotAllowedError(RefusedError):
    """405: the path does not have this method."""


class ContentTooLargeError(RefusedError):
    """413: the body is larger than the server accepts; send fewer jobs in one request."""


class UnsupportedMediaTypeError(RefusedError):
    """415: the server does not accept JSON here."""


class UnprocessableContentError(RefusedError):
    """422: the body is JSON and violates the server's schema. Nothing was stored."""


class TooManyRequestsError(RefusedError):
    """429: too many requests."""


class InternalServerError(RefusedError):
    """500: the server failed."""


class ServiceUnavailableError(RefusedError):
    """503: the service is not available now."""


class GatewayError(RefusedError):
    """414, 431, 494, 502 or 504: a gateway before the service responded."""


class WrongUseError(DrsError, ValueError):
    """An argument or a setting is invalid; nothing was sent.

    Each of `problems` has the place (`jobs[3].conflict_policy`), the value, what is wrong with
    it, and the valid choices.
    """

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(message)

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> WrongUseError:
        """The error for a request that violates the contract."""
        found = tuple(problems)
        shown = "; ".join(str(problem) for problem in found[:5])
        more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
        return cls(
            f"nothing was sent, because the request violates the contract: {shown}{more}", found
        )


class JobsFailedError(DrsError):
    """Not every job of an `Outcome` succeeded; `outcome` is all of it."""

    def __init__(self, message: str, outcome: ItemResults) -> None:
        self.outcome: ItemResults | None = outcome
        super().__init__(message)


BY_STATUS: Final[Mapping[int, type[RefusedError]]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    413: ContentTooLargeError,
    415: UnsupportedMediaTypeError,
    422: UnprocessableContentError,
    429: TooManyRequestsError,
    500: InternalServerError,
    503: ServiceUnavailableError,
    **dict.fromkeys((414, 431, 494, 502, 504), GatewayError),
}
"""The class for each status that is known."""


def explained(code: str, status: int | None = None) -> ErrorCode | None:
    """What is known of a code; the tables are read with the first code that is asked for."""
    from drs_sync_policy import codes

    return codes.find(code, status)


def _quote_id(request_id: str | None) -> str:
    return f" (request id {_shown(request_id)})" if request_id else ""


def _shown(text: str | None) -> str:
    """A server's text in a bounded length, without what a terminal would obey."""
    return printable(shortened(str(text), _LONGEST))
