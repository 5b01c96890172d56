from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.batch_set_policy_req import BatchSetPolicyReq
from ...models.batch_set_policy_response import BatchSetPolicyResponse
from ...models.error_response import ErrorResponse
from ...models.language import Language
from ...types import UNSET, Response, Unset


def _get_kwargs(
    project_id: str,
    *,
    body: BatchSetPolicyReq,
    x_language: Language | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_language, Unset):
        headers["X-Language"] = str(x_language)

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v3/{project_id}/jobs/batch-sync-policy".format(
            project_id=quote(str(project_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BatchSetPolicyResponse | ErrorResponse | None:
    if response.status_code == 200:
        response_200 = BatchSetPolicyResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = ErrorResponse.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = ErrorResponse.from_dict(response.json())

        return response_404

    if response.status_code == 405:
        response_405 = ErrorResponse.from_dict(response.json())

        return response_405

    if response.status_code == 413:
        response_413 = ErrorResponse.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = ErrorResponse.from_dict(response.json())

        return response_415

    if response.status_code == 422:
        response_422 = ErrorResponse.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = ErrorResponse.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = ErrorResponse.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[BatchSetPolicyResponse | ErrorResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    project_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: BatchSetPolicyReq,
    x_language: Language | Unset = UNSET,
) -> Response[BatchSetPolicyResponse | ErrorResponse]:
    """Configure synchronization policies in batches

     Sets the conflict policy, the DDL filter and the synchronization scope (DDL and
    indexes) of one or more jobs. A field that an item leaves out keeps the value that is
    stored for its job. Where a job appears twice, the later item wins. Repeating a call
    gives the same answer and leaves the same state.

    Only jobs that support synchronization policies can take one; a job whose state
    forbids the call is reported as a `failed` result with `DRS.M00304`.

    Args:
        project_id (str):
        x_language (Language | Unset): The language of `error_msg`.
        body (BatchSetPolicyReq): The policies to set, one item for each job.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchSetPolicyResponse | ErrorResponse]
    """

    kwargs = _get_kwargs(
        project_id=project_id,
        body=body,
        x_language=x_language,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    project_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: BatchSetPolicyReq,
    x_language: Language | Unset = UNSET,
) -> BatchSetPolicyResponse | ErrorResponse | None:
    """Configure synchronization policies in batches

     Sets the conflict policy, the DDL filter and the synchronization scope (DDL and
    indexes) of one or more jobs. A field that an item leaves out keeps the value that is
    stored for its job. Where a job appears twice, the later item wins. Repeating a call
    gives the same answer and leaves the same state.

    Only jobs that support synchronization policies can take one; a job whose state
    forbids the call is reported as a `failed` result with `DRS.M00304`.

    Args:
        project_id (str):
        x_language (Language | Unset): The language of `error_msg`.
        body (BatchSetPolicyReq): The policies to set, one item for each job.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BatchSetPolicyResponse | ErrorResponse
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
    client: AuthenticatedClient | Client,
    body: BatchSetPolicyReq,
    x_language: Language | Unset = UNSET,
) -> Response[BatchSetPolicyResponse | ErrorResponse]:
    """Configure synchronization policies in batches

     Sets the conflict policy, the DDL filter and the synchronization scope (DDL and
    indexes) of one or more jobs. A field that an item leaves out keeps the value that is
    stored for its job. Where a job appears twice, the later item wins. Repeating a call
    gives the same answer and leaves the same state.

    Only jobs that support synchronization policies can take one; a job whose state
    forbids the call is reported as a `failed` result with `DRS.M00304`.

    Args:
        project_id (str):
        x_language (Language | Unset): The language of `error_msg`.
        body (BatchSetPolicyReq): The policies to set, one item for each job.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchSetPolicyResponse | ErrorResponse]
    """

    kwargs = _get_kwargs(
        project_id=project_id,
        body=body,
        x_language=x_language,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    project_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: BatchSetPolicyReq,
    x_language: Language | Unset = UNSET,
) -> BatchSetPolicyResponse | ErrorResponse | None:
    """Configure synchronization policies in batches

     Sets the conflict policy, the DDL filter and the synchronization scope (DDL and
    indexes) of one or more jobs. A field that an item leaves out keeps the value that is
    stored for its job. Where a job appears twice, the later item wins. Repeating a call
    gives the same answer and leaves the same state.

    Only jobs that support synchronization policies can take one; a job whose state
    forbids the call is reported as a `failed` result with `DRS.M00304`.

    Args:
        project_id (str):
        x_language (Language | Unset): The language of `error_msg`.
        body (BatchSetPolicyReq): The policies to set, one item for each job.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BatchSetPolicyResponse | ErrorResponse
    """

    return (
        await asyncio_detailed(
            project_id=project_id,
            client=client,
            body=body,
            x_language=x_language,
        )
    ).parsed
