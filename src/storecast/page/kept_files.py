"""The page's scripts and styles, compressed once and then sent as they are: compressing them takes a core a fifth of a second."""

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEVEL = 4  # of compression: 9 takes twice the time for a twentieth less
MOST_FILES = 100  # that are kept, some 2 MB in all; Dash sends the same file under any version in its name
CONDITIONS = ("if-none-match", "if-modified-since")


class KeptFiles:
    """Files that do not change while the service runs, by their paths, as replies that a browser can read compressed.

    Replies that hold figures are not compressed: their length could tell what is in them.
    """

    def __init__(self) -> None:
        self._replies: dict[str, tuple[Message, ...]] = {}

    async def send(self, file: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a file.

        Parameters
        ----------
        file : replies with it, or raises where there is none
        scope, receive, send : of the request
        """
        headers = Headers(scope=scope)
        compressed = GZipMiddleware(file, compresslevel=LEVEL)
        if "gzip" not in headers.get("accept-encoding", "") or any(name in headers for name in CONDITIONS):
            await compressed(scope, receive, send)
            return
        path: str = scope["path"]
        reply = self._replies.get(path)
        if reply is None:
            messages: list[Message] = []

            async def keep(message: Message) -> None:
                messages.append(message)

            await compressed(scope, receive, keep)
            reply = tuple(messages)
            if reply[0]["status"] == 200 and len(self._replies) < MOST_FILES:
                self._replies[path] = reply
        for message in reply:  # copied, as what stands around adds headers of the request
            await send({**message, "headers": list(message["headers"])} if "headers" in message else message)
