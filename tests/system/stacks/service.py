"""A correct service without a framework: what the servers of `tests/system/stacks` share.

Each server module adapts it to one framework, with that framework's router and error handlers. It
shares no code with the sandbox or the fuzzer.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

PROJECT, OTHER_PROJECT = "c" * 32, "d" * 32
TOKEN, OTHER_TOKEN = "stack-Token-One-5f2c81aa", "stack-Token-Two-90ab3ebb"
JOBS, OTHER_JOBS = ("n-1", "n-2", "n-3"), ("m-1", "m-2")
LIMIT = 2_000_000
PATH = "/v3/{project_id}/jobs/batch-sync-policy"
READBACK = "/policy/{job_id}"

_TENANTS = {TOKEN: (PROJECT, JOBS), OTHER_TOKEN: (OTHER_PROJECT, OTHER_JOBS)}
_ENUMS = {
    "conflict_policy": ("ignore", "overwrite", "stop"),
    "filter_ddl_policy": ("drop_database",),
}
_BOOLEANS = ("ddl_trans", "index_trans")
_FIELDS = (*_ENUMS, *_BOOLEANS, "slot_name")
_TEXTS = {
    "route": ("There is nothing at this path.", "此路径下没有内容。"),
    "method": ("This method is not supported here.", "此处不支持该方法。"),
    "token": ("The token is missing or unknown.", "令牌缺失或无效。"),
    "project": ("The project belongs to someone else.", "该项目不属于您。"),
    "request": ("The request is malformed.", "请求格式错误。"),
    "media": ("The body must be JSON in UTF-8.", "请求体必须是 UTF-8 编码的 JSON。"),
    "size": ("The body is too large.", "请求体过大。"),
    "job": ("The job does not exist.", "任务不存在。"),
}
_lock = threading.Lock()
_stored: dict[str, dict[str, Any]] = {}


class Reply(NamedTuple):
    """A response in full."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Rejected(Exception):
    def __init__(self, status: int, key: str) -> None:
        super().__init__(key)
        self.status = status
        self.key = key


def set_policies(project_id: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """The response to a POST on the path; `headers` by lower-case name."""
    language = headers.get("x-language")
    try:
        return _json(200, _carry_out(project_id, headers, body))
    except _Rejected as error:
        return rejected(error.status, error.key, language)


def rejected(status: int, key: str, language: str | None = None) -> Reply:
    """A response that explains why the request was rejected."""
    headers = {"Allow": "POST"} if status == 405 else {}
    return _json(status, _said(key, language), headers)


def read_policy(job_id: str) -> Reply:
    """What is stored for a job, for the fuzzer's `[readback]`."""
    with _lock:
        return _json(200, {"fields": _stored.get(job_id, {})})


def _carry_out(project_id: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    tenant = _TENANTS.get(headers.get("x-auth-token", ""))
    if tenant is None:
        raise _Rejected(401, "token")
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", project_id):
        raise _Rejected(400, "request")
    if project_id != tenant[0]:
        raise _Rejected(403, "project")
    media = re.sub(r'[\s"]', "", headers.get("content-type", "").lower())
    if media not in ("application/json", "application/json;charset=utf-8"):
        raise _Rejected(415, "media")
    language = headers.get("x-language")
    if language not in (None, "en-us", "zh-cn"):
        raise _Rejected(400, "request")
    if len(body) > LIMIT:
        raise _Rejected(413, "size")
    items = _items(body)
    with _lock:
        results = [_set(item, tenant[1], language) for item in items]
    return {"count": len(results), "results": results}


def _set(item: dict[str, Any], jobs: tuple[str, ...], language: str | None) -> dict[str, str]:
    job_id = item["job_id"]
    if job_id not in jobs:
        return {"id": job_id, "status": "failed", **_said("job", language)}
    policy = {name: item[name] for name in _FIELDS if name in item}
    _stored[job_id] = {**_stored.get(job_id, {}), **policy}
    return {"id": job_id, "status": "success"}


def _items(body: bytes) -> list[dict[str, Any]]:
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_not_i_json
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # no lone surrogate anywhere
    except (ValueError, RecursionError):
        raise _Rejected(400, "request") from None
    items = value.get("jobs") if isinstance(value, dict) else None
    if not isinstance(items, list) or not items or not all(map(_is_right, items)):
        raise _Rejected(422, "request")
    return items


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


def _not_i_json(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _is_right(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("job_id"), str)
        and item["job_id"] != ""
        and all(item[name] in allowed for name, allowed in _ENUMS.items() if name in item)
        and all(isinstance(item[name], bool) for name in _BOOLEANS if name in item)
        and isinstance(item.get("slot_name", ""), str)
    )


def _said(key: str, language: str | None) -> dict[str, str]:
    text = _TEXTS[key][1 if language == "zh-cn" else 0]
    return {"error_code": f"STACK.{key}", "error_msg": text}


def _json(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Reply:
    content = json.dumps(value, ensure_ascii=False).encode("utf-8")
    return Reply(status, {"Content-Type": "application/json", **(headers or {})}, content)
