"""verdicts.py: runs the tests of a file, and says of each PASS or FAIL.

A file's tests are the methods of a class that have a docstring, which says what is
tested, and no parameter. They run in their order, each after set_up, if the class
has that.

    if __name__ == "__main__":
        sys.exit(main(boot))

where boot(build) is a context manager that gives such objects, each with the name
that its tests begin with.
"""

from __future__ import annotations

import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from inspect import signature
from pathlib import Path

from guest import GuestError
from pieces import NotThere

SKIPPED = 77


def _tests(of: object) -> list[tuple[str, Callable[[], None]]]:
    """Each with its name: line_in_use is line-in-use. Those of a base class first."""
    names = [
        name
        for kind in reversed(type(of).mro())
        for name in vars(kind)
        if name[0] != "_"
    ]
    found = [(name, getattr(of, name)) for name in dict.fromkeys(names)]
    return [(name.replace("_", "-"), test) for name, test in found if _is_test(test)]


def _is_test(value: object) -> bool:
    """Helpers have parameters, or no docstring."""
    return callable(value) and bool(value.__doc__) and not signature(value).parameters


def _passes(name: str, test: Callable[[], None]) -> bool:
    what = " ".join(test.__doc__.split())
    try:
        getattr(test.__self__, "set_up", lambda: None)()
        test()
    except Exception as error:  # a test may fail in any way
        frames = traceback.extract_tb(error.__traceback__)
        places = " ".join(f"{Path(f.filename).name}:{f.lineno}" for f in frames[1:])
        words = (
            str(error)
            if isinstance(error, (AssertionError, GuestError))
            else repr(error)
        )
        print(f"FAIL pi.{name}: {what}\n    {words}\n    at {places}", flush=True)
        return False
    print(f"PASS pi.{name}: {what}", flush=True)
    return True


def main(boot: Callable[[Path], AbstractContextManager[dict[str, object]]]) -> int:
    """X_test.py BUILD [TEST...]: the exit status."""
    if len(sys.argv) < 2:
        print(f"usage: {sys.argv[0]} BUILD [TEST...]", file=sys.stderr)
        return 2
    build, wanted = Path(sys.argv[1]).resolve(), sys.argv[2:]
    file = Path(sys.argv[0]).stem.removesuffix("_test")
    try:
        with boot(build) as objects:
            tests = [
                (f"{name}.{n}", t)
                for name, of in objects.items()
                for n, t in _tests(of)
            ]
            chosen = [(n, t) for n, t in tests if not wanted or n in wanted]
            if not chosen:
                print(
                    f"There is no such test. They are: {' '.join(n for n, _ in tests)}"
                )
                return 2
            return 0 if all([_passes(n, t) for n, t in chosen]) else 1
    except KeyboardInterrupt:
        return 130
    except NotThere as error:
        print(f"SKIP {file}: {error}")
        return SKIPPED
    except (GuestError, AssertionError, OSError, subprocess.SubprocessError) as error:
        print(f"FAIL {file}: the guest: {error}")
        return 1
