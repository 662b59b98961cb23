"""Put the partners together and serve them until told to stop."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from integrations.sandbox.alipay import AlipayPartner
from integrations.sandbox.bank import BankPartner
from integrations.sandbox.behaviour import Behaviours
from integrations.sandbox.bureau import BureauPartner
from integrations.sandbox.callbacks import Callbacks
from integrations.sandbox.certificates import CertificatePartner
from integrations.sandbox.clock import SandboxClock
from integrations.sandbox.control import Control
from integrations.sandbox.custody import CustodyPartner
from integrations.sandbox.keys import Keys
from integrations.sandbox.market import MarketPartner
from integrations.sandbox.messages import MessagePartners
from integrations.sandbox.store import Store
from integrations.sandbox.wechat import WeChatPartner
from integrations.sandbox.world import WORLD, World

# A thousand instructions with two hundred legs each.
MAX_REQUEST_BYTES = 64 * 1024 * 1024


def make_app(home: Path, base_url: str) -> web.Application:
    """Return the application of all partners over one home."""
    store, behaviours = Store(home / "sandbox.sqlite3"), Behaviours()
    callbacks = Callbacks(store, behaviours)
    world = World(store, Keys(home), SandboxClock(), behaviours, callbacks, base_url)
    app = web.Application(client_max_size=MAX_REQUEST_BYTES)
    app[WORLD] = world
    wechat, alipay, bank, custody = (
        WeChatPartner(world),
        AlipayPartner(world),
        BankPartner(world),
        CustodyPartner(world),
    )
    messages = MessagePartners(world)
    control = Control(world, wechat, alipay, bank, custody, messages)
    partners = (BureauPartner(world), CertificatePartner(world), MarketPartner(world))
    for part in (wechat, alipay, bank, custody, messages, *partners, control):
        part.add_routes(app)
    app.cleanup_ctx.append(_deliver_callbacks)
    return app


async def _deliver_callbacks(app: web.Application) -> AsyncIterator[None]:
    world = app[WORLD]
    delivery = asyncio.create_task(world.callbacks.deliver_for_ever())
    yield
    delivery.cancel()
    await asyncio.gather(delivery, return_exceptions=True)
    world.store.close()


async def serve(home: Path, host: str, port: int) -> None:
    """Serve on a port (0 chooses a free one) and say where, until SIGTERM or SIGINT."""
    listener = socket.create_server((host, port))
    url = f"http://{host}:{listener.getsockname()[1]}"
    runner = web.AppRunner(make_app(home, url), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    print(f"sandbox ready on {url}", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await runner.cleanup()
