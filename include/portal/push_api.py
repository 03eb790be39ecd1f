"""Departments push rows or a file over HTTP and get a receipt; served by Airflow's API server below ``/fangpin``.

Such applications carry none of Airflow's authentication: every route here asks for the department's own token.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from include.contracts import load_contracts
from include.deliveries.attempts import is_of_the_machine
from include.deliveries.push import (
    clean_name,
    delivery_key,
    key_of,
    put_into_inbox,
    receipt_path,
    stored_receipt,
)
from include.deliveries.tokens import department_of
from include.deliveries.wordless import place_of
from include.reading.refusal import ReadingEnded, Refused
from include.site import Site, current_site
from include.storage.files import write_once
from include.storage.ledger import Delivery

if TYPE_CHECKING:
    from include.deliveries.checked_push import CheckedPush

LEFTOVER_SECONDS = 3600.0
PUSHES_AT_ONCE = 8
LATER = {"Retry-After": "60"}
MULTIPART_EXTRA = 64 * 1024
FILE_SUFFIXES = ((b"PK", ".xlsx"), (b"\xd0\xcf\x11\xe0", ".xls"))
ROWS_SCHEMA = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [
                    ROWS_SCHEMA,
                    {"type": "object", "required": ["rows"], "properties": {"title": {"type": "string"}, "rows": ROWS_SCHEMA}},
                ]
            }
        },
        "multipart/form-data": {
            "schema": {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
        },
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}
_bearer = HTTPBearer(auto_error=False, description="数据组用 fangpin token 发给本部门的令牌")
_one_check = threading.Lock()
log = logging.getLogger(__name__)


class RejectedRow(BaseModel):
    """A row that was not accepted, and why. JSON rows are counted from 1, the first object is 第 1 条; a file's by its rows."""

    sheet: str
    row: int
    column: str | None
    reason: str


class Place(BaseModel):
    """Rows of a sheet; row 0 is the whole sheet."""

    sheet: str
    rows: list[int] = Field(description="行号；0 为整张工作表")


class Remark(BaseModel):
    """Something said of one or more cells or rows: how often, and where first."""

    column: str | None = Field(description="栏目；空为整行或整表")
    text: str = Field(description="情况")
    count: int = Field(description="共几处")
    places: list[Place] = Field(description="前 20 处")


class Receipt(BaseModel):
    """What was received, and what has become of it up to now; the page in the department's folder says the same.

    The numbers in ``rejected_rows`` are the sender's own: the n-th object of pushed JSON, the n-th row of a file's sheet. The
    reasons, the return workbook and ``fangpin export rejected`` use the same.
    """

    delivery_id: str
    sha256: str
    feed: str
    period: str | None
    status: str = Field(
        description="received 已收、待入库;published 已入库;refused 整份退回;duplicate 重复;zero_report 零报告;set_aside 已搁置"
    )
    rows: int
    accepted: int
    rejected: int
    duplicate: int
    rejected_rows: list[RejectedRow] = Field(description="前 1000 处；全部见退回行工作簿")
    received_at: datetime
    decided_at: datetime | None = None
    file_name: str | None = None
    reason_code: str | None = None
    reason: str | None = None
    faults: list[Remark] = Field([], description="退回的原因，按栏目和原因归并")
    waiting: list[Remark] = Field([], description="待县乡村振兴局核定")
    guesses: list[Remark] = Field([], description="表里没有写明、由系统推断的地方")
    findings: list[Remark] = Field([], description="收下了，但请核对")
    repaired: list[Remark] = Field([], description="改正的写法")
    repeated: list[Remark] = Field([], description="重复的行")
    skipped: list[Remark] = Field([], description="没有读取的行和工作表")
    returned: list[str] = Field([], description="退回本部门文件夹的文件")
    next_steps: list[str] = Field([], description="接下来要做什么")


class Fault(BaseModel):
    """Why a request was not taken, and what to do."""

    detail: str


FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"model": Fault, "description": text}
    for status, text in (
        (401, "没有令牌或令牌无效"), (403, "不是本部门的数据"), (404, "没有这种数据或回执"),
        (413, "超过大小限制"), (422, "内容无法读取，整份未收"), (503, "暂时不能收件，请稍后再推送"),
    )
}  # fmt: skip


def _department(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    found = department_of(current_site(), given.credentials) if given else None
    if found is None:
        text = "请在 Authorization 头中以 Bearer 方式给出本部门的令牌；没有令牌或令牌已换新时，请向数据组领取"
        raise HTTPException(401, text, {"WWW-Authenticate": "Bearer"})
    request.state.department = found
    return found


Department = Annotated[str, Depends(_department)]


def create_app() -> FastAPI:
    """The application; its OpenAPI description is at ``openapi.json`` and needs no token because it holds no data."""
    app = FastAPI(title="防贫：部门推送接口", version="1", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_middleware(Audit)
    limiter = CapacityLimiter(PUSHES_AT_ONCE)  # pushes that wait their turn keep no thread from Airflow's own requests

    @app.post(
        "/feeds/{feed}",
        status_code=201,
        responses={200: {"model": Receipt, "description": "同样的内容此前已收，回执相同"}, **FAULTS},
        openapi_extra={"requestBody": BODY},
        summary="推送一种数据：JSON 行，或一个文件",
    )
    async def push(feed: str, request: Request, response: Response, department: Department, filename: str = "") -> Receipt:
        known = next((contract for contract in load_contracts() if contract.feed == feed), None)
        if known is None:
            raise HTTPException(404, f"没有名为“{feed[:60]}”的数据；名称见 openapi.json 的说明或报送须知")
        request.state.feed = feed
        if known.department != department:
            raise HTTPException(403, f"《{known.title}》由{known.department_name}报送，本部门的令牌不能推送")
        site = current_site()
        content, name = await _content(request, site, known.title, filename)
        taking = partial(accept, site, content, department=department, feed=feed, file_name=name)
        receipt, is_new = await to_thread.run_sync(taking, limiter=limiter)
        response.status_code = 201 if is_new else 200
        return Receipt(**receipt)

    @app.get("/receipts/{delivery_id}", responses={status: FAULTS[status] for status in (401, 404)}, summary="查询回执")
    def receipt(delivery_id: str, department: Department) -> Receipt:
        key = key_of(delivery_id)
        found = stored_receipt(current_site(), key) if key else None
        if found is None or found["department"] != department:  # another department's is not even known to exist
            raise HTTPException(404, "没有这份回执；请核对批次号，只能查询本部门的回执")
        return Receipt(**found)

    return app


def accept(site: Site, content: bytes, *, department: str, feed: str, file_name: str) -> tuple[dict[str, Any], bool]:
    """Check a pushed file and take it in; returns its receipt and whether it is new. Raises HTTPException (422, 503).

    Nothing stays stored of content that cannot be used. What is receipted lies synced in the inbox before its receipt does.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    key = delivery_key(department, feed, sha256)
    if (known := stored_receipt(site, key)) is not None:
        return known, False
    incoming = site.push / "incoming"
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = incoming / uuid.uuid4().hex
    received_at = site.now()
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as fresh:
            fresh.write(content)
            fresh.flush()
            os.fsync(fresh.fileno())
        with _one_check:
            found = _checked(site, path, file_name=file_name, feed=feed, received_at=received_at)
        if found.is_zero_report:
            key = delivery_key(department, feed, sha256, found.period)
            if (known := stored_receipt(site, key)) is not None:
                return known, False
        delivery_id = f"{received_at:%Y%m%d}-{key}"
        put_into_inbox(site, path, department=department, delivery_id=delivery_id, feed=feed, file_name=file_name)
    except OSError as error:
        log.error("推送的内容没有存下（%s）：\n%s", type(error).__name__, place_of(error))
        raise HTTPException(503, "服务器暂时存不下推送的内容，未收；请稍后再推送，仍不成功请告知数据组", LATER) from None
    finally:
        path.unlink(missing_ok=True)
    delivery = Delivery(delivery_id, file_name, department, sha256, len(content), received_at, received_at, feed, found.period)
    receipt = found.receipt(delivery)
    stored = write_once(receipt_path(site, key), receipt)
    return stored, stored == receipt


def clear_incoming(site: Site) -> int:
    """Remove what killed servers left of pushes that were never receipted, an hour old; returns how many files."""
    removed = size = 0
    for path in (site.push / "incoming").glob("*"):
        with suppress(FileNotFoundError):
            stat = path.stat()
            if time.time() - stat.st_mtime > LEFTOVER_SECONDS:
                path.unlink()
                removed, size = removed + 1, size + stat.st_size
    if removed:
        write_audit(site, {"at": site.now().isoformat(), "event": "leftovers_removed", "files": removed, "bytes": size})
    return removed


def _checked(site: Site, path: Path, *, file_name: str, feed: str, received_at: datetime) -> CheckedPush:
    from include.deliveries.checked_push import check_push  # with what checks rows: every part of Airflow loads this file

    try:
        return check_push(site, path, file_name=file_name, feed=feed, received_at=received_at)
    except Refused as refused:
        raise HTTPException(422, f"{refused.reason}（未收，未保存）") from None
    except ReadingEnded as ended:
        raise HTTPException(503, f"《{file_name}》没有读完（{ended.reason}），未收，未保存；请稍后再推送", LATER) from None
    except Exception as error:
        if is_of_the_machine(error):
            raise
        log.error("推送的内容核对时出错（%s）：\n%s", type(error).__name__, place_of(error))
        text = (
            f"《{file_name}》读取时出错（{type(error).__name__}），未收，未保存；请核对各列的格式后重新推送，仍不成功请告知数据组"
        )
        raise HTTPException(422, text) from None


async def _content(request: Request, site: Site, title: str, filename: str) -> tuple[bytes, str]:
    """The pushed bytes and the name they go by. Raises HTTPException 413 as soon as they are too many, 422 when unreadable."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    limit = int(site.county.push_max_mb * 2**20)
    is_form = kind == "multipart/form-data"
    body = await _body(request, limit + (MULTIPART_EXTRA if is_form else 0), site)
    if is_form:
        body, filename = await _form_file(request, body, filename)
    if len(body) > limit:
        raise _too_large(site)
    if not body:
        raise HTTPException(422, "没有收到内容；请在请求体中放 JSON 行，或放一个表格文件（multipart 的 file 字段）")
    if kind == "application/json" or kind.endswith("+json"):
        return body, f"{title}.json"
    suffix = next((suffix for magic, suffix in FILE_SUFFIXES if body.startswith(magic)), ".csv")
    return body, clean_name(filename, f"{title}{suffix}")


async def _body(request: Request, limit: int, site: Site) -> bytes:
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > limit:
        raise _too_large(site)
    blocks, size = [], 0
    try:
        async for block in request.stream():
            size += len(block)
            if size > limit:
                raise _too_large(site)
            blocks.append(block)
    except ClientDisconnect:
        raise HTTPException(422, "内容没有传完；请重新推送") from None
    return b"".join(blocks)


async def _form_file(request: Request, body: bytes, filename: str) -> tuple[bytes, str]:
    async def blocks() -> AsyncGenerator[bytes, None]:
        yield body
        yield b""

    try:
        form = await MultiPartParser(request.headers, blocks(), max_files=1, max_fields=10).parse()
    except (MultiPartException, ValueError, LookupError, UnicodeError):
        raise HTTPException(422, "表单无法读取；请用 multipart/form-data，把一个文件放在 file 字段") from None
    sent = form.get("file")
    if not isinstance(sent, UploadFile):
        await form.close()
        raise HTTPException(422, "表单中没有 file 字段；请把一个文件放在 file 字段后重新推送")
    content = await sent.read()
    name = filename or sent.filename or ""
    await form.close()
    return content, name


def _too_large(site: Site) -> HTTPException:
    return HTTPException(413, f"内容超过 {site.county.push_max_mb:g} MB；请分成几份推送，或把文件放入收件箱文件夹")


class Audit:
    """Every request leaves one line: when, who, which feed, how it was answered, how many bytes came; nothing else of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        status, size = 500, 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            return message

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                line = audit_line(state, scope["method"], status, size)
                _forget_address(scope, state)
                await asyncio.to_thread(write_audit, current_site(), line)
            await send(message)

        await self.app(scope, counted, told)


def _forget_address(scope: Scope, state: dict[str, Any]) -> None:
    """Airflow logs every request's address when it has ended: a file's name stands in the query, anything in an unknown path."""
    scope["query_string"] = b""
    if "feed" not in state:
        scope["path"] = f"{scope.get('root_path', '')}/-"


def audit_line(state: dict[str, Any], method: str, status: int, size: int) -> dict[str, Any]:
    who, feed = state.get("department", "-"), state.get("feed", "-")
    at = current_site().now().isoformat()
    return {"at": at, "department": who, "feed": feed, "method": method[:10], "status": status, "bytes": size}


def write_audit(site: Site, line: dict[str, Any]) -> None:
    """Append one line to ``audit/push.jsonl`` (mode 600) in one write."""
    path = site.home / "audit" / "push.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        os.write(handle, (json.dumps(line, ensure_ascii=False) + "\n").encode())
    finally:
        os.close(handle)
