"""Start the sandbox: `python -m integrations.sandbox --port 8700 --home DIR`, or only make its keys with `--init`."""

import argparse
import asyncio
from pathlib import Path

from integrations.sandbox.keys import make_home


def main() -> None:
    """Read the arguments, make the home complete, serve."""
    parser = argparse.ArgumentParser(prog="python -m integrations.sandbox")
    parser.add_argument("--home", type=Path, required=True, help="folder of the keys and the books")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8700, help="0 chooses a free port")
    parser.add_argument("--init", action="store_true", help="make the keys and client.env, then stop")
    arguments = parser.parse_args()
    make_home(arguments.home)
    if arguments.init:
        return
    # Imported late, so that --init needs no server.
    from integrations.sandbox.server import serve

    asyncio.run(serve(arguments.home, arguments.host, arguments.port))


if __name__ == "__main__":
    main()
