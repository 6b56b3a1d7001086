"""What a service says of itself when it begins: the chain and the model that it answers for, and a request to try."""

import ipaddress
import json
import shlex
from contextlib import closing

import sqlalchemy as sa

from storecast.bundle.registry import current, open_model
from storecast.database import tables as t
from storecast.database.chain_info import NUMBER, read_info
from storecast.database.connect import Database
from storecast.errors import UserError
from storecast.service.settings import Settings

ADMIN_KEY = "admin.key"  # in the home


def introduction(settings: Settings, page: str = "") -> list[str]:
    """Return lines for the log: the chain and the model, a request to try, and where the page is.

    Where there is nothing to serve yet, they say why.

    Parameters
    ----------
    settings : of the service, with the port that it listens on
    page : the path of the page; an empty text: none is served
    """
    return [*_served(settings), *([f"the page: {address_of(settings)}{page}"] if page else [])]


def _served(settings: Settings) -> list[str]:
    try:
        with closing(Database.open(settings.database_url)) as database, database.reading() as conn:
            stores, store = conn.execute(sa.select(sa.func.count(), sa.func.min(t.stores.c.store))).one()
            number = read_info(conn).store_ids == NUMBER
            end = conn.execute(sa.select(sa.func.max(t.sales.c.date))).scalar_one()
        model = open_model(current(settings.home / "models"))
    except UserError as error:
        return [f"nothing to serve yet: {error}"]
    manifest = model.manifest
    lines = [
        f"the chain: {stores} stores, sales up to {end}",
        f"the model: {manifest.kind} ({model.name}), trained up to {manifest.cutoff}, {manifest.task['horizon']} days ahead",
        f"try it: {_request(settings, int(store) if number else store)}",
    ]
    if not (settings.no_keys or (settings.home / ADMIN_KEY).exists()):
        lines.append("KEY stands for a key; `storecast key create --help` says how to make one")
    return lines


def _request(settings: Settings, store: object) -> str:
    path = settings.home / ADMIN_KEY
    key = f"$(cat {shlex.quote(str(path.absolute()))})" if path.exists() else "KEY"
    head = "" if settings.no_keys else f'-H "Authorization: Bearer {key}" '
    body = shlex.quote(json.dumps({"store": store, "days": 7}))
    return f'curl {head}-H "Content-Type: application/json" -d {body} {address_of(settings)}/v1/forecasts'


def address_of(settings: Settings) -> str:
    """Return the address under which this machine, and a browser on it, reaches the service."""
    try:
        address = ipaddress.ip_address(settings.host)
    except ValueError:  # a name
        return f"http://{settings.host}:{settings.listen_port}"
    if address.is_unspecified:  # it listens on every address, and this is none to send to
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"http://{f'[{address}]' if address.version == 6 else address}:{settings.listen_port}"
