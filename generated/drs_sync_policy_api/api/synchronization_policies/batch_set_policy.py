from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from ...errors import DocumentedError, Problem, UnexpectedAnswer, UnexpectedStatus
from ...models.batch_set_policy_req import BatchSetPolicyReq
from ...models.batch_set_policy_response import BatchSetPolicyResponse
from ...models.error_response import ErrorResponse
from ...models.language import LanguageValue
from ...types import (
    UNSET,
    Response,
    Rules,
    Unset,
    check,
    check_model,
    decode,
    encode,
    path_segment,
    require,
)

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient

METHOD: Final = "POST"
PATH: Final = "/v3/{project_id}/jobs/batch-sync-policy"

_ERRORS: Final[Mapping[int, type[Any]]] = {
    503: ErrorResponse,
    500: ErrorResponse,
    429: ErrorResponse,
    422: ErrorResponse,
    415: ErrorResponse,
    413: ErrorResponse,
    405: ErrorResponse,
    404: ErrorResponse,
    403: ErrorResponse,
    401: ErrorResponse,
    400: ErrorResponse,
}
_RULES: Final[Mapping[str, Rules]] = {
    "project_id": {
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "pattern": "^[0-9A-Za-z_-]+$",
    },
    "x_language": {"type": "string", "enum": ("en-us", "zh-cn")},
}


def problems(
    project_id: str,
    *,
    body: BatchSetPolicyReq,
    x_language: LanguageValue | Unset = UNSET,
) -> Iterator[Problem]:
    """What of a request breaks the contract; nothing if it may be sent."""
    yield from check(project_id, _RULES["project_id"], "project_id")
    yield from check(x_language, _RULES["x_language"], "X-Language")
    yield from check_model(body, BatchSetPolicyReq, "")


def url_path(
    project_id: str,
) -> str:
    """The path of the call, which no parameter can lead elsewhere."""
    return PATH.format(
        project_id=path_segment(str(project_id)),
    )


def _get_kwargs(
    project_id: str,
    *,
    body: BatchSetPolicyReq,
    x_language: LanguageValue | Unset = UNSET,
) -> dict[str, Any]:
    require(
        problems(
            project_id=project_id,
            body=body,
            x_language=x_language,
        )
    )
    headers: dict[str, Any] = {}
    if not isinstance(x_language, Unset):
        headers["X-Language"] = str(x_language)

    _kwargs: dict[str, Any] = {
        "method": METHOD,
        "url": url_path(
            project_id,
        ),
        # A redirect would carry the token to wherever it leads.
        "follow_redirects": False,
    }
    _kwargs["content"] = encode(body)
    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs


def parse(
    status_code: int, content: bytes, headers: Mapping[str, str] | None = None
) -> BatchSetPolicyResponse:
    """The body of a successful answer; raises `DocumentedError` or `UnexpectedAnswer` for another."""
    try:
        if status_code == 200:
            return decode(content, BatchSetPolicyResponse, status_code)
        documented = _ERRORS.get(status_code)
        if documented is not None:
            said = decode(content, documented, status_code)
            raise DocumentedError(status_code, content, said, headers)
    except UnexpectedAnswer as error:
        error.headers = headers or {}
        raise
    raise UnexpectedStatus(status_code, content, "the contract has no such status", headers)


def _build_response(response: httpx.Response) -> Response[BatchSetPolicyResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parse(response.status_code, response.content, response.headers),
    )


def sync_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: BatchSetPolicyReq,
    x_language: LanguageValue | Unset = UNSET,
) -> Response[BatchSetPolicyResponse]:
    """Configure synchronization policies in batches

    Sets the conflict policy, the DDL filter and the synchronization scope (DDL and
    indexes) of one or more jobs. A field that an item leaves out keeps its stored value.
    If a job appears twice, the later item wins. The operation is idempotent: the same
    request sent again gets the same response and leaves the same state.

    The operation applies only to jobs that support synchronization policies. A job whose
    state does not allow the operation has a `failed` result with `DRS.M00304`.

    Args:
        project_id (str):
        x_language (Language | Unset): The language of `error_msg`.
        body (BatchSetPolicyReq): The policies to set, one item for each job.

    Returns:
        The answer with its status and headers.

    Raises:
        InvalidRequest: The request breaks the contract; it was not sent.
        DocumentedError: The server refused it with a documented status.
        UnexpectedAnswer: The answer is none that the contract knows.
        httpx.HTTPError: The server could not be reached in time.
    """
    kwargs = _get_kwargs(
        project_id=project_id,
        body=body,
        x_language=x_language,
    )
    return _build_response(client.get_httpx_client().request(**kwargs, **client.credentials()))


def sync(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: BatchSetPolicyReq,
    x_language: LanguageValue | Unset = UNSET,
) -> BatchSetPolicyResponse:
    """Configure synchronization policies in batches

    Sets the conflict policy, the DDL filter and the synchronization scope (DDL and
    indexes) of one or more jobs. A field that an item leaves out keeps its stored value.
    If a job appears twice, the later item wins. The operation is idempotent: the same
    request sent again gets the same response and leaves the same state.

    The operation applies only to jobs that support synchronization policies. A job whose
    state does not allow the operation has a `failed` result with `DRS.M00304`.

    Args:
        project_id (str):
        x_language (Language | Unset): The language of `error_msg`.
        body (BatchSetPolicyReq): The policies to set, one item for each job.

    Returns:
        The body of the answer.

    Raises:
        InvalidRequest: The request breaks the contract; it was not sent.
        DocumentedError: The server refused it with a documented status.
        UnexpectedAnswer: The answer is none that the contract knows.
        httpx.HTTPError: The server could not be reached in time.
    """
    return sync_detailed(
        project_id=project_id,
        client=client,
        body=body,
        x_language=x_language,
    ).parsed


async def asyncio_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: BatchSetPolicyReq,
    x_language: LanguageValue | Unset = UNSET,
) -> Response[BatchSetPolicyResponse]:
    """Configure synchronization policies in batches

    Sets the conflict policy, the DDL filter and the synchronization scope (DDL and
    indexes) of one or more jobs. A field that an item leaves out keeps its stored value.
    If a job appears twice, the later item wins. The operation is idempotent: the same
    request sent again gets the same response and leaves the same state.

    The operation applies only to jobs that support synchronization policies. A job whose
    state does not allow the operation has a `failed` result with `DRS.M00304`.

    Args:
        project_id (str):
        x_language (Language | Unset): The language of `error_msg`.
        body (BatchSetPolicyReq): The policies to set, one item for each job.

    Returns:
        The answer with its status and headers.

    Raises:
        InvalidRequest: The request breaks the contract; it was not sent.
        DocumentedError: The server refused it with a documented status.
        UnexpectedAnswer: The answer is none that the contract knows.
        httpx.HTTPError: The server could not be reached in time.
    """
    kwargs = _get_kwargs(
        project_id=project_id,
        body=body,
        x_language=x_language,
    )
    return _build_response(
        await client.get_async_httpx_client().request(**kwargs, **client.credentials())
    )


async def asyncio(
    project_id: str,
    *,
    client: AuthenticatedClient,
    body: BatchSetPolicyReq,
    x_language: LanguageValue | Unset = UNSET,
) -> BatchSetPolicyResponse:
    """Configure synchronization policies in batches

    Sets the conflict policy, the DDL filter and the synchronization scope (DDL and
    indexes) of one or more jobs. A field that an item leaves out keeps its stored value.
    If a job appears twice, the later item wins. The operation is idempotent: the same
    request sent again gets the same response and leaves the same state.

    The operation applies only to jobs that support synchronization policies. A job whose
    state does not allow the operation has a `failed` result with `DRS.M00304`.

    Args:
        project_id (str):
        x_language (Language | Unset): The language of `error_msg`.
        body (BatchSetPolicyReq): The policies to set, one item for each job.

    Returns:
        The body of the answer.

    Raises:
        InvalidRequest: The request breaks the contract; it was not sent.
        DocumentedError: The server refused it with a documented status.
        UnexpectedAnswer: The answer is none that the contract knows.
        httpx.HTTPError: The server could not be reached in time.
    """
    detailed = await asyncio_detailed(
        project_id=project_id,
        client=client,
        body=body,
        x_language=x_language,
    )
    return detailed.parsed
