"""The ASGI application, for `uvicorn main:app`; run as a program (`python main.py`), the server."""

import gc
import sys

if __name__ == "__main__":
    gc.disable()  # nothing that is made while starting is garbage; serve() has it collected from then on

from callcenter.api.app import create_app
from callcenter.api.server import serve
from callcenter.errors import CallCenterError
from callcenter.settings import read_settings

app = create_app()

if __name__ == "__main__":
    try:
        serve(read_settings())
    except CallCenterError as error:
        sys.exit(f"callcenter can't start: {error.message}")
