"""Have a PDF's text read by a process of its own, within bounds: no document holds up the server.

What it may cost is bounded here (bytes, seconds) and in pdf_reader.py (pages, memory). It gets nothing of our
environment but where Python finds its modules.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Final

from callcenter.errors import DocumentUnreadable

MAX_PDF_BYTES: Final = 5 * 1024 * 1024
SECONDS: Final = 10.0
"""A long document takes two; what takes this long will not come to an end."""
_KEPT: Final = ("PATH", "PYTHONPATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


async def read_pdf(content: bytes, *, seconds: float = SECONDS) -> str:
    """Return a PDF's text, Arabic in the order it is read. Raises DocumentUnreadable with a sentence that says why."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "callcenter.knowledge.pdf_reader",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    try:
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate(content)
    except TimeoutError:
        raise DocumentUnreadable("The PDF takes too long to be read; make a simpler one of it.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _text(said)


def _text(said: bytes) -> str:
    try:
        found = json.loads(said)
    except ValueError:  # it was ended: too much memory, or too much time
        found = {"broken": True}
    if "locked" in found:
        raise DocumentUnreadable("The PDF is locked with a password; save it without one.")
    if "text" not in found:
        raise DocumentUnreadable("The PDF can't be read; it is damaged, or no PDF.")
    text = str(found["text"]).replace("\0", "").encode("utf-8", "ignore").decode()
    if not text.strip():
        raise DocumentUnreadable("The PDF holds no text, as a scan does; bring the text itself.")
    return text
