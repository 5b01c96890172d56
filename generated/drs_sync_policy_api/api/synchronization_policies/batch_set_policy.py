from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET
from msgspec import UnsetType as Unset

from drs_sync_policy.runtime.errors import Problem
from drs_sync_policy.runtime.messages import Response
from drs_sync_policy.runtime.responses import error_for
from drs_sync_policy.runtime.serialization import decode_lightly, encode, settled
from drs_sync_policy.runtime.validation import (
    Rules,
    check,
    check_model,
    path_segment,
    require,
)

from ...models.batch_set_policy_req import BatchSetPolicyReq
from ...models.batch_set_policy_response import BatchSetPolicyResponse
from ...models.error_response import ErrorResponse
from ...models.language import LanguageValue

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
    edition: str | None = None,
) -> Iterator[Problem]:
    """What of a request violates the contract, or its `edition`; nothing if it is valid."""
    yield from check(project_id, _RULES["project_id"], "project_id")
    yield from check(x_language, _RULES["x_language"], "X-Language")
    yield from check_model(body, BatchSetPolicyReq, "", edition)


def url_path(
    project_id: str,
) -> str:
    """The path of the operation; no parameter can add segments to it."""
    return PATH.format(
        project_id=path_segment(str(project_id)),
    )


def request_arguments(
    project_id: str,
    *,
    content: bytes,
    x_language: LanguageValue | Unset = UNSET,
) -> dict[str, Any]:
    """The arguments of `httpx.Client.request` for a body that is encoded already; nothing is validated."""
    headers: dict[str, Any] = {}
    if not isinstance(x_language, Unset):
        headers["X-Language"] = str(x_language)

    arguments: dict[str, Any] = {
        "method": METHOD,
        "url": url_path(
            project_id,
        ),
        # A redirect would carry the token to wherever it leads.
        "follow_redirects": False,
    }
    arguments["content"] = content
    headers["Content-Type"] = "application/json"
    arguments["headers"] = headers
    return arguments


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
    return request_arguments(
        project_id,
        content=encode(body),
        x_language=x_language,
    )


def parse(
    status_code: int, content: bytes, headers: Mapping[str, str] | None = None
) -> BatchSetPolicyResponse:
    """The body of a successful response; raises the error that another response stands for."""
    return settled(parse_lightly(status_code, content, headers))


def parse_lightly(
    status_code: int, content: bytes, headers: Mapping[str, str] | None = None
) -> BatchSetPolicyResponse:
    """The same as `parse`, in objects that `settled` makes models of: for large responses."""
    if status_code == 200:
        return decode_lightly(content, BatchSetPolicyResponse, status_code, headers)
    raise error_for(status_code, content, headers, _ERRORS.get(status_code))


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
    request sent again gets the same status and results, and leaves the same state.

    The operation applies only to jobs that support synchronization policies. A job whose
    state does not allow the operation has a `failed` result (`DRS.M00304` in the sandbox).

    Args:
        project_id (str):
        x_language (Language | Unset): The language of `error_msg`.
        body (BatchSetPolicyReq): The policies to set, one item for each job.

    Returns:
        The response with its status and headers.

    Raises:
        WrongUseError: The request breaks the contract; it was not sent.
        RefusedError: The server rejected it; there is a class for each status.
        OutsideContractError: The response is outside the contract.
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
    request sent again gets the same status and results, and leaves the same state.

    The operation applies only to jobs that support synchronization policies. A job whose
    state does not allow the operation has a `failed` result (`DRS.M00304` in the sandbox).

    Args:
        project_id (str):
        x_language (Language | Unset): The language of `error_msg`.
        body (BatchSetPolicyReq): The policies to set, one item for each job.

    Returns:
        The body of the response.

    Raises:
        WrongUseError: The request breaks the contract; it was not sent.
        RefusedError: The server rejected it; there is a class for each status.
        OutsideContractError: The response is outside the contract.
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
    request sent again gets the same status and results, and leaves the same state.

    The operation applies only to jobs that support synchronization policies. A job whose
    state does not allow the operation has a `failed` result (`DRS.M00304` in the sandbox).

    Args:
        project_id (str):
        x_language (Language | Unset): The language of `error_msg`.
        body (BatchSetPolicyReq): The policies to set, one item for each job.

    Returns:
        The response with its status and headers.

    Raises:
        WrongUseError: The request breaks the contract; it was not sent.
        RefusedError: The server rejected it; there is a class for each status.
        OutsideContractError: The response is outside the contract.
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
    request sent again gets the same status and results, and leaves the same state.

    The operation applies only to jobs that support synchronization policies. A job whose
    state does not allow the operation has a `failed` result (`DRS.M00304` in the sandbox).

    Args:
        project_id (str):
        x_language (Language | Unset): The language of `error_msg`.
        body (BatchSetPolicyReq): The policies to set, one item for each job.

    Returns:
        The body of the response.

    Raises:
        WrongUseError: The request breaks the contract; it was not sent.
        RefusedError: The server rejected it; there is a class for each status.
        OutsideContractError: The response is outside the contract.
        httpx.HTTPError: The server could not be reached in time.
    """
    detailed = await asyncio_detailed(
        project_id=project_id,
        client=client,
        body=body,
        x_language=x_language,
    )
    return detailed.parsed
