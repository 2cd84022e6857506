"""A proxy between the command and a store, which injects faults."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "hushhushNEVERinANYtext0123456789"
POINTER = "current.json"
CONDITIONS = ("if-match", "if-none-match")


def throttled(status: int) -> bytes:
    code = "SlowDown" if status == 503 else "TooManyRequests"
    body = f"<Error><Code>{code}</Code><Message>Please reduce your request rate.</Message></Error>".encode()
    return b"HTTP/1.1 %d Busy\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


def answered(status: str, code: str) -> bytes:
    body = f"<Error><Code>{code}</Code><Message>It is {code}.</Message></Error>".encode()
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


def refused(authorization: str) -> bytes:
    """As S3 refuses a signature: with all that was signed."""
    body = (
        "<Error><Code>SignatureDoesNotMatch</Code><Message>The signature does not match.</Message>"
        f"<StringToSign>{SECRET}</StringToSign><SignatureProvided>{authorization}</SignatureProvided></Error>"
    ).encode()
    return b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]

    def gets_data(self) -> bool:
        return self.method == "GET" and ".parquet" in self.path

    def puts_pointer(self) -> bool:
        return self.method == "PUT" and self.path.endswith(POINTER)

    def reads_pointer(self) -> bool:
        return self.method == "GET" and self.path.endswith(POINTER)

    def is_conditional(self) -> bool:
        return self.method == "PUT" and any(name.lower() in CONDITIONS for name in self.headers)


@dataclass
class Fault:
    """What happens to the first so many requests that match."""

    matches: Callable[[Request], bool]
    times: float = float("inf")
    # Headers that the server does not see.
    strip: tuple[str, ...] = ()
    # Answered instead of the server.
    answer: bytes | Callable[[Request], bytes] | None = None
    # The share of the server's answer after which the connection is cut.
    cut: float | None = None
    # Whether the server does as it is told, and its answer is lost.
    lost: bool = False
    # Done before the request goes on.
    before: Callable[[], None] | None = None
    seen: int = 0


@dataclass
class Proxy:
    """Hands requests on to a server, as far as the faults let it."""

    target: tuple[str, int]
    faults: list[Fault] = field(default_factory=list)
    # Method, path and bytes of the body of each answer.
    answers: list[tuple[str, str, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = lambda self: proxy.handle(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def fault(self, request: Request) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.seen < fault.times and fault.matches(request):
                    fault.seen += 1
                    return fault
        return None

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        request = Request(handler.command, handler.path, dict(handler.headers))
        fault = self.fault(request)
        if fault and fault.before:
            fault.before()
        if fault and fault.answer and not fault.lost:
            handler.wfile.write(fault.answer if isinstance(fault.answer, bytes) else fault.answer(request))
            handler.close_connection = True
            return
        strip = fault.strip if fault else ()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in strip}
        server = http.client.HTTPConnection(*self.target)
        server.request(request.method, request.path, body, headers)
        answer = server.getresponse()
        content = answer.read()
        server.close()
        with self.lock:
            self.answers.append((request.method, request.path, len(content)))
        if fault and fault.lost:
            if isinstance(fault.answer, bytes):
                handler.wfile.write(fault.answer)
            handler.close_connection = True
            return
        length = answer.headers.get("content-length", "0") if request.method == "HEAD" else str(len(content))
        handler.send_response_only(answer.status, answer.reason)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                handler.send_header(name, value)
        handler.send_header("content-length", length)
        handler.end_headers()
        if fault and fault.cut is not None:
            handler.wfile.write(content[: int(len(content) * fault.cut)])
            handler.close_connection = True
        else:
            handler.wfile.write(content)
