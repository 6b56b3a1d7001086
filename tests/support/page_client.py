"""Asks the web page as a browser does: with its session in a cookie, and callbacks as Dash sends them."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from storecast.page.dash_app import dash_app
from support.served_home import Client

SAME_SITE = {"sec-fetch-site": "same-origin"}


class PageClient:
    """A browser that is logged in, or not yet.

    Parameters
    ----------
    client : asks the service
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.cookie = ""

    def log_in(self, key: str, following: str = "/app/") -> httpx.Response:
        """Log in with a key, and keep the cookie."""
        form = urlencode({"key": key, "next": following})
        answer = self.client.ask(
            "POST", "/app/login", form, key=None, **SAME_SITE, content_type="application/x-www-form-urlencoded"
        )
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        self.client.forget_cookies()  # httpx keeps them for every later request, of whomever
        return answer

    def log_out(self) -> httpx.Response:
        """End the session; the cookie is kept, as somebody would who copied it."""
        return self.client.ask(
            "POST",
            "/app/logout",
            "",
            key=None,
            cookie=self.cookie,
            **SAME_SITE,
            content_type="application/x-www-form-urlencoded",
        )

    def get(self, path: str) -> httpx.Response:
        """Open an address."""
        return self.client.ask("GET", path, key=None, cookie=self.cookie, accept="text/html")

    def post(self, body: Any, **headers: str) -> httpx.Response:
        """Send the body of a callback."""
        content = body if isinstance(body, bytes) else json.dumps(body)
        sent = {"cookie": self.cookie, **SAME_SITE, **headers}
        return self.client.ask("POST", "/app/_dash-update-component", content, key=None, **sent)

    def draw(self, path: str, search: str = "", language: str = "en", entries: Mapping[str, Any] | None = None) -> str:
        """Return a view as Dash has it drawn, in JSON.

        Parameters
        ----------
        path, search : of the address
        language : of its texts
        entries : what was entered into fields and refused, by their names
        """
        values: dict[str, Any] = {
            "url.pathname": path,
            "url.search": search,
            "written.data": 0,
            "preferences.data": {"language": language},
            "entries.data": entries,
        }
        answer = self.post(callback("view.children", values))
        assert answer.status_code == 200, answer.text
        return json.dumps(answer.json()["response"]["view"]["children"], ensure_ascii=False)

    def draw_part(self, name: str, search: str = "") -> str:
        """Return a part of a view that is drawn by itself, in JSON.

        Parameters
        ----------
        name : of the part
        search : the query of the address
        """
        answer = self.post(callback(f"later-{name}.children", {f"later-{name}.id": name, "url.search": search}))
        assert answer.status_code == 200, answer.text
        return json.dumps(answer.json()["response"], ensure_ascii=False)

    def act(self, name: str, key: str = "", search: str = "", **entries: Any) -> tuple[str, str, bool]:
        """Press the button of an action; return what is said, how (done or refused), and whether the view is drawn anew.

        Parameters
        ----------
        name, key : of the button
        search : the query of the address
        entries : what stands in the fields, by their names with underscores for dashes
        """
        fields = {field.replace("_", "-"): value for field, value in entries.items()}
        click = {"name": name, "key": key, "at": 1, "entries": fields}
        values = {"action.data": click, "url.search": search, "preferences.data": {"language": "en"}, "written.data": 7}
        answer = self.post(callback("said.children", values))
        assert answer.status_code == 200, answer.text
        reply = answer.json()["response"]
        message = reply["said"]["children"]["props"]
        return message["children"], message["className"].split()[-1], reply["written"]["data"] == 8


def callback(output: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a callback: the one with an output, and the values of its inputs and state.

    Parameters
    ----------
    output : one of its outputs, ``view.children``
    values : by ``id.property``; what is not named is null
    """
    known = dash_app().callback_map
    name = next(name for name in known if output in name.strip(".").split("..."))
    outputs = [dict(zip(("id", "property"), each.rsplit(".", 1), strict=True)) for each in name.strip(".").split("...")]

    def given(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**each, "value": values.get(f"{each['id']}.{each['property']}")} for each in wanted]

    return {
        "output": name,
        "outputs": outputs if name.startswith("..") else outputs[0],
        "inputs": given(known[name]["inputs"]),
        "state": given(known[name]["state"]),
        "changedPropIds": [f"{each['id']}.{each['property']}" for each in known[name]["inputs"]][:1],
    }
