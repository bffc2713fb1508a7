#!/usr/bin/env python3
"""The board as a page in the browser.

    hw/board/page.py --socket PATH [--port N] [--remember FILE]

A server on 127.0.0.1 that watches the board whose socket is PATH. It prints the
page's address, which holds a secret: who does not know it gets nothing. --port
0, the default, takes any free port. With --remember, port and secret are kept
in FILE and used again, so that a page that is still open goes on with the next
server.

Any web page can send requests to a server on the loopback. So each request must
name this server as its Host (or a name of somebody else that resolves to
127.0.0.1 would do), must bring the secret, and, where it does something, must
come from this very page (Origin).
"""

from __future__ import annotations

import argparse
import contextlib
import hmac
import json
import os
import queue
import re
import secrets
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pins import read_pins
from watcher import PATIENCE_S, RETRY_S, BoardGone, Entry, Link, View
from watcher import end_at_signals, fail, is_answer

HERE = Path(__file__).resolve().parent / "page"
# All that is ever served, by its name behind the secret.
FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
    "drawing.js": ("drawing.js", "text/javascript; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
    "elements.js": ("vendor/elements.js", "text/javascript; charset=utf-8"),
}
HEADERS = {
    # Nothing from outside, no script in the page's text, and no text that
    # becomes markup: only lit, which the elements stand on, may make that. Its
    # templates set style attributes.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types lit-html",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
MOST_CONNECTIONS = 32
REQUEST_S = 5  # for a request to come whole, or a page to take its news
ALIVE_S = 15  # between signs of life, by which we notice that a page has gone
MOST_NEWS = 1000  # that a page may be behind


class Board(threading.Thread):
    """Watches the board, tells the pages, and brings what they ask for."""

    def __init__(self, path: str) -> None:
        super().__init__(daemon=True)
        self.path = path
        self.view = View(read_pins())
        self.lock = threading.Lock()  # for all of these
        self.pages: set[queue.Queue[str]] = set()
        self.answers: deque[queue.Queue[str]] = deque()  # still to come, in order
        self.held = False  # the button, by a page
        self.link: Link | None = Link(path, "page")

    def run(self) -> None:
        while True:
            if self.link:
                self.watch(self.link)
            time.sleep(RETRY_S)
            with contextlib.suppress(BoardGone):
                self.link = Link(self.path, "page")

    def watch(self, link: Link) -> None:
        """Watch until the board has gone."""
        with self.lock:
            self.tell(self.view.came())
        with contextlib.suppress(BoardGone):
            while True:
                lines = link.lines()
                with self.lock:
                    self.take(lines)
        with self.lock:
            self.link = None
            self.held = False
            link.close()
            while self.answers:
                self.answers.popleft().put("error The board has gone.")
            self.tell(self.view.went())

    def take(self, lines: list[str]) -> None:
        entries = []
        for line in lines:
            if not is_answer(line):
                entries += self.view.take(line)
            elif self.answers:
                self.answers.popleft().put(line)
        self.tell(entries)

    def state(self, log: Iterable[Entry]) -> str:
        """All that there is to know, and what is new in the log, as an event."""
        view = self.view
        state = {
            "up": view.up,
            "bounce": view.bounce,
            "wires": {part: asdict(wire) for part, wire in view.wires.items()},
            "lines": {offset: asdict(line) for offset, line in view.lines.items()},
            "log": [asdict(entry) for entry in log],
        }
        return f"data: {json.dumps(state)}\n\n"

    def tell(self, entries: list[Entry]) -> None:
        state = self.state(entries)
        for page in list(self.pages):
            try:
                page.put_nowait(state)
            except queue.Full:  # it does not listen: let it come again
                self.pages.remove(page)

    @contextlib.contextmanager
    def page(self) -> Iterator[Iterator[str]]:
        """What a page is to be told, from now on: first the whole log."""
        news: queue.Queue[str] = queue.Queue(MOST_NEWS)
        with self.lock:
            news.put(self.state(self.view.log))
            self.pages.add(news)
        try:
            yield self.news(news)
        finally:
            with self.lock:
                self.pages.discard(news)
                if not self.pages:
                    self.let_go()

    def let_go(self) -> None:
        """Nobody's finger is on the button any more."""
        if self.held:
            self.say(f"release {self.view.wires['button'].offset}")

    def news(self, news: queue.Queue[str]) -> Iterator[str]:
        while news in self.pages:
            try:
                yield news.get(timeout=ALIVE_S)
            except queue.Empty:
                yield ": still here\n\n"

    def say(self, words: str) -> queue.Queue[str]:
        """Say WORDS to the board; the answer will be in the queue."""
        answer: queue.Queue[str] = queue.Queue()
        try:
            if not self.link:
                raise BoardGone("The board has gone.")
            self.link.say(words)
            self.answers.append(answer)
            if words.startswith(("press", "release")):
                self.held = words.startswith("press")
        except BoardGone as error:
            answer.put(f"error {error}")
        return answer

    def ask(self, words: str) -> str:
        """Say WORDS to the board and return its answer."""
        with self.lock:
            answer = self.say(words)
        try:
            return answer.get(timeout=PATIENCE_S)
        except queue.Empty:
            return "error The board does not answer."


class Server(ThreadingHTTPServer):
    """Serves the page of one board to whoever knows the secret."""

    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, port: int, secret: str, board: Board) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.secret = secret
        self.board = board
        self.hosts = [
            f"{name}:{self.server_port}" for name in ("127.0.0.1", "localhost")
        ]
        self.address = f"http://{self.hosts[0]}/{secret}/"
        self.files = {
            n: ((HERE / f).read_bytes(), kind) for n, (f, kind) in FILES.items()
        }
        button = board.view.wires["button"].offset
        self.commands = {
            "press": f"press {button}",
            "release": f"release {button}",
            "bounce-on": "bounce on",
            "bounce-off": "bounce off",
        }
        self.room = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self.room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # a browser may leave
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = REQUEST_S
    disable_nagle_algorithm = True  # each event goes out at once

    def do_GET(self) -> None:
        name = self.admitted()
        if name == "events":
            self.send_events()
        elif name in self.server.files:
            self.answer(HTTPStatus.OK, *self.server.files[name])
        elif name is not None:
            self.send_error(HTTPStatus.NOT_FOUND, "There is no such file.")

    def do_POST(self) -> None:
        name = self.admitted()
        if name is None:
            return
        if self.headers.get("Origin") not in [f"http://{h}" for h in self.server.hosts]:
            self.send_error(
                HTTPStatus.FORBIDDEN, "Only the board's own page may do that."
            )
        elif name not in self.server.commands:
            self.send_error(HTTPStatus.NOT_FOUND, "There is no such command.")
        else:
            answer = self.server.board.ask(self.server.commands[name])
            ok = answer.startswith("ok")
            status = HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
            self.answer(status, answer.removeprefix("error ").encode())

    def admitted(self) -> str | None:
        """The name that is asked for, or None: then the request is answered."""
        _, secret, name = (self.path.split("/", 2) + ["", ""])[:3]
        if self.headers.get_all("Host") not in [[host] for host in self.server.hosts]:
            self.send_error(HTTPStatus.FORBIDDEN, "This server has another name.")
        elif not hmac.compare_digest(secret.encode(), self.server.secret.encode()):
            self.send_error(
                HTTPStatus.FORBIDDEN, "Only the address that page.py printed leads in."
            )
        elif (
            self.headers.get("Content-Length", "0") != "0"
            or "Transfer-Encoding" in self.headers
        ):
            self.send_error(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "No request here has a body."
            )
        else:
            return name
        return None

    def send_events(self) -> None:
        self.close_connection = True  # its end is the body's end
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(f"retry: {int(RETRY_S * 1000)}\n\n".encode())
        with self.server.board.page() as news:
            for event in news:
                self.wfile.write(event.encode())

    def answer(
        self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8"
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """Refuse in a plain sentence; the rest of the connection is not read."""
        self.close_connection = True
        self.answer(code, f"{message or HTTPStatus(code).phrase}\n".encode())

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def version_string(self) -> str:
        return "board"

    def log_message(self, *_: Any) -> None:
        """Requests are not worth a line."""


def recall(path: Path | None) -> tuple[int, str]:
    """The port and the secret of last time; 0 and a new one if there are none."""
    with contextlib.suppress(OSError):
        found = path and re.fullmatch(r"(\d{1,5}) ([\w-]{32,})\n", path.read_text())
        if found and int(found[1]) < 65536:
            return int(found[1]), found[2]
    return 0, secrets.token_urlsafe(24)


def remember(path: Path, server: Server) -> None:
    """Keep port and secret, where nobody else can read them."""
    path.unlink(missing_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(fd, "w") as file:
        file.write(f"{server.server_port} {server.secret}\n")


def serve(port: int | None, secret: str, last_port: int, board: Board) -> Server:
    """A server on PORT; where none is asked for on the last one, or any."""
    if port is None:
        with contextlib.suppress(OSError):
            return Server(last_port, secret, board)
    return Server(port or 0, secret, board)


def port_number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def main() -> int:
    end_at_signals()
    parser = argparse.ArgumentParser(description="The board as a page in the browser.")
    parser.add_argument("--socket", required=True, metavar="PATH", help="of the board")
    parser.add_argument(
        "--port", type=port_number, metavar="N", help="to serve on; 0: any"
    )
    parser.add_argument(
        "--remember", type=Path, metavar="FILE", help="where to keep the address"
    )
    args = parser.parse_args()
    last_port, secret = recall(args.remember)
    try:
        board = Board(args.socket)
        server = serve(args.port, secret, last_port, board)
        if args.remember:
            remember(args.remember, server)
    except BoardGone as error:
        fail("page.py", f"{error}. Is the board running? make board starts it.")
    except OSError as error:
        fail(
            "page.py", f"{error.filename or f'port {args.port or 0}'}: {error.strerror}"
        )
    except ValueError as error:
        fail("page.py", error)
    board.start()
    print(f"The board: {server.address}", flush=True)
    try:
        server.serve_forever()
    finally:
        board.let_go()
    return 0


if __name__ == "__main__":
    sys.exit(main())
