"""Servers that read the credentials, the headers or the body of a request wrongly."""

from __future__ import annotations

import contextlib
import json
import re
from http.client import HTTPMessage
from typing import Any
from urllib.parse import unquote

from tests.fuzz.servers import JOBS, TOKENS, Handler, Refused

Item = dict[str, Any]


class BrokenAtABoundary(Handler):
    """Decodes the body in pieces of 8192 bytes."""

    def parse(self, body: bytes) -> list[Item]:
        pieces = [body[n : n + 8192] for n in range(0, len(body), 8192)]
        if len(pieces) > 1:
            body = "".join(piece.decode(errors="replace") for piece in pieces).encode()
        return super().parse(body)


class TokenInAnyCase(Handler):
    """Compares tokens in lower case."""

    def authenticate(self, wanted: str) -> str:
        token = self.headers.get("X-Auth-Token", "").strip(" \t").lower()
        for known, project in TOKENS.items():
            if known.lower() == token and project == wanted:
                return project
        return super().authenticate(wanted)


class TokenByPrefix(Handler):
    """Compares the first 16 letters of a token."""

    def authenticate(self, wanted: str) -> str:
        token = self.headers.get("X-Auth-Token", "").strip(" \t")
        for known, project in TOKENS.items():
            if known[:16] == token[:16] and project == wanted:
                return project
        return super().authenticate(wanted)


class TokenFromTheEnvironment(Handler):
    """Reads the headers as CGI does, where `-` and `_` are one."""

    def authenticate(self, wanted: str) -> str:
        alias = self.headers.get("X_Auth_Token")
        if alias and "X-Auth-Token" not in self.headers:
            self.headers["X-Auth-Token"] = alias
        return super().authenticate(wanted)


class AnyTokenOfTheService(Handler):
    """Accepts every known token for every project."""

    def authenticate(self, wanted: str) -> str:
        token = self.headers.get("X-Auth-Token", "").strip(" \t")
        if token in TOKENS and wanted in JOBS:
            return wanted
        return super().authenticate(wanted)


class TokenAfterTheBody(Handler):
    """Validates a body of one item before the token."""

    def policy(self, path: str, body: bytes) -> Item:
        if len(body) < 60:
            self.parse(body)
        return super().policy(path, body)


class ProjectAfterTheBody(Handler):
    """Validates the body before the project, for a tenant that it knows."""

    def authenticate(self, wanted: str) -> str:
        token = self.headers.get("X-Auth-Token", "").strip(" \t")
        if token in TOKENS and TOKENS[token] != wanted and "x" in wanted:
            raise Refused(400)
        return super().authenticate(wanted)


class TextJson(Handler):
    """Accepts every media type that ends with json."""

    def check_headers(self) -> None:
        if self.headers.get("Content-Type", "").lower().endswith("/json"):
            return
        super().check_headers()


class OneParameter(Handler):
    """Reads only the first parameter of a media type."""

    def check_headers(self) -> None:
        media, *parameters = self.headers.get("Content-Type", "").split(";")
        del self.headers["Content-Type"]
        read = [text for text in parameters[:1] if "charset" in text.lower()]
        self.headers["Content-Type"] = ";".join([media, *read])
        super().check_headers()


class AnyLanguage(Handler):
    """Reads only the first two letters of a language."""

    def check_headers(self) -> None:
        if self.language[:2] in ("en", "zh"):
            self.language = "zh-cn" if self.language[:2] == "zh" else "en-us"
        super().check_headers()


class HtmlForBrowsers(Handler):
    """Sends an error page to a client that prefers HTML."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        if status >= 400 and "text/html" in self.headers.get("Accept", ""):
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"no")
            return
        super().response(status, value, **headers)


class NoCompression(Handler):
    """Rejects what accepts compressed responses."""

    def check_headers(self) -> None:
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            raise Refused(400)
        super().check_headers()


class KnownClients(Handler):
    """Rejects a client by its name."""

    def check_headers(self) -> None:
        if "curl" in self.headers.get("User-Agent", "").lower():
            raise Refused(400)
        super().check_headers()


class ShallowParser(Handler):
    """Fails for 20 levels."""

    def parse(self, body: bytes) -> list[Item]:
        if body.count(b"[") + body.count(b"{") > 20 and re.search(rb"[\[{]{18}", body):
            raise Refused(500)
        return super().parse(body)


class DeepParser(Handler):
    """Fails for 400 levels."""

    def parse(self, body: bytes) -> list[Item]:
        if re.search(rb"[\[{]{400}|(?:\{\W*\w+\W*:\s*){400}", body):
            raise Refused(500)
        return super().parse(body)


class SmallNumbers(Handler):
    """Fails for an exponent of 200 or more."""

    def parse(self, body: bytes) -> list[Item]:
        if re.search(rb"\d[eE]\+?[2-9]\d\d", re.sub(rb'"(?:[^"\\]|\\.)*"', b"", body)):
            raise Refused(500)
        return super().parse(body)


class SmallBuffer(Handler):
    """Rejects a body of more than 100,000 bytes."""

    def parse(self, body: bytes) -> list[Item]:
        if len(body) > 100_000:
            raise Refused(400)
        return super().parse(body)


class LastOfDuplicateNames(Handler):
    """Reads the last of two equal names."""

    def parse(self, body: bytes) -> list[Item]:
        with contextlib.suppress(ValueError):
            body = json.dumps(json.loads(body.decode("utf-8"))).encode()
        return super().parse(body)


class ByteOrderMark(Handler):
    """Reads UTF-8 with a byte order mark."""

    def parse(self, body: bytes) -> list[Item]:
        return super().parse(body.removeprefix(b"\xef\xbb\xbf"))


class FirstChunkOnly(Handler):
    """Reads a chunked body to its end, and uses its first chunk."""

    def read_body(self) -> bytes:
        if not self.headers.get("Transfer-Encoding"):
            return super().read_body()
        self.close_connection = True
        chunks: list[bytes] = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return self.used(chunks)

    def used(self, chunks: list[bytes]) -> bytes:
        return chunks[0] if chunks else b""


class DecodesEachChunk(FirstChunkOnly):
    """Reads the text of each chunk for itself, which breaks a character that was cut."""

    def used(self, chunks: list[bytes]) -> bytes:
        return "".join(chunk.decode(errors="replace") for chunk in chunks).encode()


class LeavesBodies(Handler):
    """Rejects what its head says before it has read the body, whose bytes are the next request."""

    def read_body(self) -> bytes:
        if self.command == "POST" and not self.headers.get("Transfer-Encoding"):
            self.authenticate(unquote(self.path.split("/")[2]))
            self.check_headers()
        return super().read_body()

    def parse_request(self) -> bool:
        if not vars(self)["raw_requestline"].startswith((b"{", b" ")):
            return super().parse_request()
        self.command, self.headers = "POST", HTTPMessage()
        self.close_connection = False
        self.response(400, self.said("request"))
        return False


class OneTokenPerConnection(Handler):
    """Takes every request of a connection for one of the first tenant that it has accepted."""

    project = ""

    def authenticate(self, wanted: str) -> str:
        if self.project and self.project != wanted:
            raise Refused(403)
        self.project = self.project or super().authenticate(wanted)
        return self.project


class CrashesOnExpectations(Handler):
    """Fails if a client asks whether its body is wanted."""

    expectation_gets = 500

    def handle_expect_100(self) -> bool:
        self.close_connection = True
        self.send_error(self.expectation_gets)
        return False
