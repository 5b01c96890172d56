"""What the client raises.

DrsError                        `outcome`: what is known of each item of the call
├── UnreachableError                no answer came
│   ├── ConnectFailedError              no connection; nothing was sent
│   ├── ConnectionLostError             it broke; whether the server acted is unknown
│   └── TimedOutError                   a phase of the call took too long
├── OutsideContractError            an answer came that the contract does not know
├── RefusedError                    the server said no; `code`, `message`, `meaning`, `remedy`, ...
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
│   └── GatewayError                    414, 431, 494, 502, 504: what stands before the service
├── WrongUseError                   found before anything was sent; also a `ValueError`
└── JobsFailedError                 raised by `Outcome.raise_for_failures`, by nothing else

No text of theirs, no attribute and no pickle has a credential in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

if TYPE_CHECKING:
    from drs_sync_policy.client.outcome import Outcome
    from drs_sync_policy.codes import ErrorCode
    from drs_sync_policy_api.errors import Problem
    from drs_sync_policy_api.models import SyncPolicyResp


@frozen
class Sent:
    """A request as it may be shown: its credentials are replaced by `***`."""

    method: str
    url: str
    headers: Mapping[str, str]
    body_bytes: int

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


@frozen
class Answer:
    """An answer as it came: status, headers (names in lower case) and the whole body.

    Of a token or a cookie in the headers there is only `***`.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def request_id(self) -> str | None:
        """The server's id of the request, from `X-Request-Id`."""
        return self.headers.get("x-request-id")


class DrsError(Exception):
    """Whatever goes wrong with a call.

    `outcome` is what is known of each item, `request` and `answer` are what was sent and came
    back, `results` what an answer said of its items in spite of all, as far as there is any of it.
    `perhaps_acted` tells whether the server may have carried out any of the request.
    """

    perhaps_acted: bool = False

    outcome: Outcome | None = None
    results: Sequence[SyncPolicyResp] | None = None
    request: Sent | None = None
    answer: Answer | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # The state may lead back here, and so is set when the error is there already.
        return _new, (type(self), self.args), self.__dict__


def _new(kind: type[DrsError], args: tuple[Any, ...]) -> DrsError:
    return kind.__new__(kind, *args)


class UnreachableError(DrsError):
    """No answer came. `attempts` is how often it was tried."""

    def __init__(self, message: str, *, request: Sent | None = None, attempts: int = 1) -> None:
        super().__init__(message)
        self.request: Sent | None = request
        self.attempts: int = attempts


class ConnectFailedError(UnreachableError):
    """There was no connection to the server, so nothing was sent."""


class ConnectionLostError(UnreachableError):
    """The connection broke before the answer was complete: the server may or may not have acted."""


class TimedOutError(UnreachableError):
    """It took too long: `phase` is `connect`, `write`, `read`, `pool`, or `total` for it all."""

    def __init__(
        self, message: str, *, phase: str, request: Sent | None = None, attempts: int = 1
    ) -> None:
        super().__init__(message, request=request, attempts=attempts)
        self.phase = phase


class OutsideContractError(DrsError):
    """The server answered what the contract does not know; `reason` says in what way."""

    perhaps_acted = True

    def __init__(self, reason: str, *, answer: Answer, request: Sent | None = None) -> None:
        self.reason: str = reason
        self.answer: Answer | None = answer
        self.request: Sent | None = request
        self.request_id: str | None = answer.request_id
        super().__init__(
            f"the answer is outside the contract: status {answer.status} with a body of"
            f" {len(answer.content)} bytes: {reason}{_quote_id(self.request_id)}. Is this the"
            " right URL, and is something else answering in the server's place?"
        )


class RefusedError(DrsError):
    """The server refused the call. Match on `code` or on the class, never on `message`.

    `code` and `message` are the server's, None where it gave none; `meaning` and `remedy` are
    ours, for codes that we know; `retry_after` is in seconds; `by_iam` tells whether it was the
    login that was refused.
    """

    def __init__(
        self,
        *,
        answer: Answer,
        code: str | None = None,
        message: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        request: Sent | None = None,
        attempts: int = 1,
        by_iam: bool = False,
    ) -> None:
        known = explained(code, answer.status) if code else None
        self.answer: Answer | None = answer
        self.request: Sent | None = request
        self.status: int = answer.status
        self.code = code
        self.message = message
        self.meaning: str | None = known.meaning if known else None
        self.remedy: str | None = known.remedy if known else None
        self.request_id: str | None = answer.request_id or request_id
        self.retry_after = retry_after
        self.attempts = attempts
        self.by_iam = by_iam
        super().__init__(self._describe())

    def _describe(self) -> str:
        said = f"{self.code}: {self.message}" if self.code else "and gave no code"
        tried = f" after {self.attempts} attempts" if self.attempts > 1 else ""
        who = "IAM refused the login" if self.by_iam else "the server refused the call"
        parts = [f"{who}{tried} with status {self.status} {said}"]
        parts += [self.meaning] if self.meaning else []
        parts += [self.remedy] if self.remedy else []
        parts += [f"Try again in {self.retry_after:g} s."] if self.retry_after else []
        return " ".join(parts) + _quote_id(self.request_id)


class BadRequestError(RefusedError):
    """400: the request breaks the contract, says the server. Nothing was stored.

    Where the server answered with results instead of an error, they are in `outcome`.
    """


class UnauthorizedError(RefusedError):
    """401: the credentials are missing, unknown or expired; or a permission is missing."""


class ForbiddenError(RefusedError):
    """403: the credentials are not accepted, or do not belong to the project."""


class NotFoundError(RefusedError):
    """404: the server has no such path."""


class MethodNotAllowedError(RefusedError):
    """405: the path does not have this method."""


class ContentTooLargeError(RefusedError):
    """413: the body is larger than the server takes; send fewer jobs in one request."""


class UnsupportedMediaTypeError(RefusedError):
    """415: the server does not take JSON here."""


class UnprocessableContentError(RefusedError):
    """422: the body is JSON and violates the server's schema. Nothing was stored."""


class TooManyRequestsError(RefusedError):
    """429: calls come too fast."""


class InternalServerError(RefusedError):
    """500: the server failed."""


class ServiceUnavailableError(RefusedError):
    """503: the service is not available now."""


class GatewayError(RefusedError):
    """414, 431, 494, 502 or 504: something in front of the service answered."""


class WrongUseError(DrsError, ValueError):
    """Something was wrong before anything was sent.

    Each of `problems` has the place (`jobs[3].conflict_policy`), the value, what is wrong with
    it, and the valid choices.
    """

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(message)


class JobsFailedError(DrsError):
    """Not every job of an `Outcome` succeeded; `outcome` is the whole of it."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        self.outcome: Outcome | None = outcome
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
"""The class for each status that the contract knows beside 200."""


def explained(code: str, status: int | None = None) -> ErrorCode | None:
    """What is known of a code; the tables are read with the first code that is asked for."""
    from drs_sync_policy import codes

    return codes.find(code, status)


def _quote_id(request_id: str | None) -> str:
    return f" (request id {request_id})" if request_id else ""
