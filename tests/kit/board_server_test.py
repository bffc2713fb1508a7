#!/usr/bin/python3
"""board_server_test.py: whom the page's server answers, and how it starts and
ends. Requests are written by hand, so that they can be wrong.

    tests/kit/board_server_test.py BUILD [TEST…]
"""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable

from board_world import DEADLINE_S, HW, World, eventually, named_tests, run


class Tests:
    """One board and one server for all."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.name = f"127.0.0.1:{world.port}"

    # ---- Requests ----

    def raw(self, request: bytes) -> str:
        """Send bytes; return all that is answered until the server closes."""
        with socket.create_connection(
            ("127.0.0.1", self.world.port), DEADLINE_S
        ) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as file:
                return file.read().decode(errors="replace")

    def ask(self, method: str, name: str, **headers: str | None) -> tuple[int, str]:
        """A right request but for HEADERS: the status and the whole answer."""
        lines = {"Host": self.name, "Connection": "close", "secret": self.world.secret}
        if method == "POST":
            lines |= {"Origin": f"http://{self.name}", "Content-Length": "0"}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        target = f"/{lines.pop('secret')}/{name}"
        text = "".join(
            f"{key}: {value}\r\n" for key, value in lines.items() if value is not None
        )
        answer = self.raw(f"{method} {target} HTTP/1.1\r\n{text}\r\n".encode())
        return int(answer.split()[1]), answer

    def refused(
        self, method: str, name: str, status: int = 403, **headers: str | None
    ) -> None:
        got, answer = self.ask(method, name, **headers)
        assert got == status, f"{method} {name} {headers}: {got} for {status}"
        assert (
            "wokwi" not in answer and self.world.secret not in answer
        ), "a refusal tells too much"

    def expect_no_edge(self, attack: Callable[[], None]) -> None:
        """ATTACK must not reach the button."""
        watcher = self.world.watcher()
        attack()
        watcher.say("note end")
        events = watcher.until("note")
        assert not [e for e in events if e.startswith(("edge", "bounce"))], events

    # ---- Whom it answers ----

    def files(self) -> None:
        """The page's own files come, each with what the browser may do with it."""
        for name, kind in {
            "": "text/html",
            "page.css": "text/css",
            "page.js": "text/javascript",
            "drawing.js": "text/javascript",
            "elements.js": "text/javascript",
            "icon.svg": "image/svg+xml",
        }.items():
            status, answer = self.ask("GET", name)
            assert (
                status == 200 and f"Content-Type: {kind}" in answer
            ), f"{name}: {answer[:200]}"
            assert "Cache-Control: no-store" in answer, f"{name} may be kept"
            assert "X-Content-Type-Options: nosniff" in answer
        policy = re.search(r"Content-Security-Policy: (.*)\r\n", answer)[1]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy.replace(
            "style-src-attr 'unsafe-inline'", ""
        )
        assert "http" not in policy, "something from outside"
        assert self.ask("GET", "", Host=f"localhost:{self.world.port}")[0] == 200

    def outside(self) -> None:
        """No file of the page names another address."""
        for name in (
            "",
            "page.css",
            "page.js",
            "drawing.js",
            "elements.js",
            "icon.svg",
        ):
            body = self.ask("GET", name)[1].split("\r\n\r\n", 1)[1]
            found = set(re.findall(r"https?://[\w.]+", body)) - {"http://www.w3.org"}
            assert not found, f"{name}: {found}"

    def host(self) -> None:
        """Who came by another name is refused: a name can be made to mean 127.0.0.1."""
        port = self.world.port

        def attack() -> None:
            for name in (
                f"evil.example:{port}",
                "127.0.0.1",
                "localhost",
                f"127.0.0.1:{port + 1}",
            ):
                self.refused("GET", "", Host=name)
                self.refused("GET", "events", Host=name)
                self.refused("POST", "press", Host=name, Origin=f"http://{name}")
            self.refused("GET", "", Host=None)
            twice = (
                f"GET /{self.world.secret}/ HTTP/1.1\r\nHost: {self.name}\r\n"
                "Host: evil.example\r\n\r\n"
            )
            assert " 403 " in self.raw(twice.encode()).split("\r\n")[0]

        self.expect_no_edge(attack)

    def origin(self) -> None:
        """Another page cannot press, even if it knows the secret."""

        def attack() -> None:
            for origin in (
                "http://evil.example",
                "null",
                f"https://{self.name}",
                "http://127.0.0.1",
                None,
            ):
                for command in ("press", "release", "bounce-on"):
                    self.refused("POST", command, Origin=origin)

        self.expect_no_edge(attack)

    def secret(self) -> None:
        """Who does not know the secret gets nothing."""
        secret = self.world.secret

        def attack() -> None:
            for wrong in (
                "",
                "x" * len(secret),
                secret[:-1],
                secret + "x",
                secret.swapcase(),
                "\xe9" * 9,
            ):
                for name in ("", "page.js", "events"):
                    self.refused("GET", name, secret=wrong)
                self.refused("POST", "press", secret=wrong)
            assert " 403 " in self.raw(
                f"GET / HTTP/1.1\r\nHost: {self.name}\r\n\r\n".encode()
            )

        assert len(secret) >= 32
        self.expect_no_edge(attack)

    def paths(self) -> None:
        """Only the files of a fixed table are there."""
        for name in (
            "../page.py",
            "vendor/elements.js",
            "%2e%2e/page.py",
            "/etc/passwd",
            "page.js?x",
            "page.js/",
            ".",
        ):
            self.refused("GET", name, 404)
        for name in ("", "page.js", "events", "press/", "nosuch"):
            self.refused("POST", name, 404)
        assert self.ask("GET", "press")[0] == 404, "a GET presses"

    def bounded(self) -> None:
        """Requests with a body, too long, or of another kind are refused."""
        self.refused("POST", "press", 413, Content_Length="1000000")
        self.refused(
            "POST", "press", 413, Content_Length=None, Transfer_Encoding="chunked"
        )
        self.refused("GET", "", 413, Content_Length="5")
        self.refused("DELETE", "", 501)
        assert (
            " 414 "
            in self.raw(b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\n\r\n").split("\r\n")[0]
        )
        many = b"".join(b"X-%d: x\r\n" % i for i in range(200))
        assert (
            " 431 " in self.raw(b"GET / HTTP/1.1\r\n" + many + b"\r\n").split("\r\n")[0]
        )

    def crowd(self) -> None:
        """Many silent connections cost little, and keep nobody out for ever."""
        tasks = f"/proc/{self.world.running['page'].pid}/task"
        address = ("127.0.0.1", self.world.port)
        silent = [socket.create_connection(address) for _ in range(100)]
        threads = []

        def answers() -> bool:
            try:
                return self.ask("GET", "")[0] == 200
            except (OSError, IndexError):
                return False  # closed at once: no room
            finally:  # those before us have been looked at by now
                threads.append(len(os.listdir(tasks)))

        eventually("an answer", answers)
        assert max(threads) <= 40, f"{max(threads)} threads"
        for connection in silent:
            connection.close()

    def page_leaves(self) -> None:
        """When the last page has gone, no finger is left on the button."""
        request = (
            f"GET /{self.world.secret}/events HTTP/1.1\r\nHost: {self.name}\r\n\r\n"
        )
        page = socket.create_connection(("127.0.0.1", self.world.port), DEADLINE_S)
        page.sendall(request.encode())
        assert b" 200 " in page.recv(100)
        assert self.ask("POST", "press")[0] == 200
        watcher = self.world.watcher()
        page.close()

        def let_go() -> bool:
            watcher.say("note anything")  # that it cannot be told any more
            return bool(
                [e for e in watcher.until("note") if e.startswith("edge 27 1 ")]
            )

        eventually("the release", let_go)

    def press(self) -> None:
        """A right request presses, and says what the board says."""
        watcher = self.world.watcher()
        assert self.ask("POST", "press")[0] == 200
        assert "edge 27 0 " in watcher.until("edge")[-1]
        assert self.ask("POST", "release")[0] == 200
        assert "edge 27 1 " in watcher.until("edge")[-1]

    def board_gone(self) -> None:
        """While there is no board, a press is answered by a sentence."""
        world = self.world
        world.end("board", signal.SIGKILL)
        eventually("the refusal", lambda: self.ask("POST", "press")[0] == 503)
        assert "The board has gone." in self.ask("POST", "press")[1]
        world.start_board()
        eventually("the board", lambda: self.ask("POST", "release")[0] == 200)

    # ---- Its beginning and its end ----

    def call(self, *words: str) -> tuple[int, str]:
        command = [sys.executable, str(HW / "page.py"), *words]
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=DEADLINE_S
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended.returncode, ended.stderr

    def errors(self) -> None:
        """What keeps it from starting is one sentence."""
        status, said = self.call("--socket", "/nonexistent/board")
        assert status == 1 and said.count("\n") == 1, said
        assert (
            "/nonexistent/board: No such file or directory" in said
            and "make board" in said
        ), said
        status, said = self.call(
            "--socket", self.world.socket, "--port", str(self.world.port)
        )
        assert (
            status == 1
            and said == f"page.py: port {self.world.port}: Address already in use\n"
        ), said
        for wrong in ("70000", "x", "-1", ""):
            status, said = self.call("--socket", self.world.socket, "--port", wrong)
            assert status == 2 and "usage:" in said, said
        assert self.call()[0] == 2

    def address(self) -> None:
        """The address is kept for the next time, for its owner's eyes alone."""
        kept = self.world.folder / "address"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert kept.read_text() == f"{self.world.port} {self.world.secret}\n"
        # Taken by then: another port, and still the secret.
        before = kept.read_text()
        world = self.world
        world.start(
            "second",
            sys.executable,
            HW / "page.py",
            "--socket",
            world.socket,
            "--remember",
            kept,
        )
        eventually("another address", lambda: world.secret in world.said("second"))
        assert f":{world.port}/" not in world.said("second")
        world.end("second")
        kept.write_text(before)

    def ends(self) -> None:
        """SIGTERM and Ctrl-C end it at once, also with a page that listens."""
        for number in (signal.SIGTERM, signal.SIGINT):
            request = (
                f"GET /{self.world.secret}/events HTTP/1.1\r\nHost: {self.name}\r\n\r\n"
            )
            with socket.create_connection(
                ("127.0.0.1", self.world.port), DEADLINE_S
            ) as listener:
                listener.sendall(request.encode())
                file = listener.makefile("rb")
                eventually(
                    "the first news", lambda: file.readline().startswith(b"data: ")
                )
                assert self.world.end("page", number) == 128 + number
                assert "Traceback" not in self.world.said("page")
                file.read()  # to its end
            self.world.start_page()

    def lets_go(self) -> None:
        """A server that ends takes its finger off the button."""
        assert self.ask("POST", "press")[0] == 200
        watcher = self.world.watcher()
        self.world.end("page")
        assert "edge 27 1 " in watcher.until("edge")[-1]
        self.world.start_page()


def main() -> int:
    with World() as world:
        world.restore("page")
        return run(named_tests("server", Tests(world)))


if __name__ == "__main__":
    sys.exit(main())
