"""A visitor of the app without a browser: the page, its WebSocket and its uploads, in Streamlit's own messages."""

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 120.0
"""Seconds until a run counts as an error."""
XSRF = "_streamlit_xsrf"


class VisitError(Exception):
    """What a person would have seen as a failure."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the page's script, as its visitor had it: seconds until all of it was there, bytes, elements."""

    seconds: float
    bytes: int
    elements: int


@dataclass(slots=True)
class Visitor:
    """One person's window. Used as a context: it connects at the beginning and leaves at the end."""

    address: str
    page: str = ""
    query: str = ""
    shown: dict[tuple[int, ...], Element] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    opened_bytes: int = 0
    _polled: dict[str, float] = field(default_factory=dict)
    """Pieces of the page that ask to run again, and after how many seconds."""
    _given: str = ""
    _values: dict[str, WidgetState] = field(default_factory=dict)
    _socket: ClientConnection | None = None
    _hash: str = ""
    _session: str = ""

    async def __aenter__(self) -> Self:
        _, page = await self.fetch("GET", f"/{self.page}?{self.query}", headers={"Accept": "text/html"})
        _, config = await self.fetch("GET", "/_stcore/host-config")
        await self.fetch("GET", "/_stcore/health")
        self.opened_bytes = len(page) + len(config)
        self._socket = await connect(
            self.address.replace("http", "ws", 1) + "/_stcore/stream",
            origin=self.address,
            subprotocols=["streamlit", self.cookies.get(XSRF, "none")],
            additional_headers={"Cookie": self._cookie()},
            max_size=None,
            compression=None,
            ping_interval=None,
            open_timeout=PATIENCE,
            proxy=None,
        )
        self._remember(self._socket.response.headers.get_all("set-cookie") if self._socket.response else [])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket:
            await self._socket.close()

    async def run(self, **values: str | list[str] | UploadedFileInfo) -> Run:
        """Have the script run, with controls changed that are named by their keys. Raises VisitError."""
        for key, value in values.items():
            state = self._values[key] = WidgetState(id=self.control(key))
            if isinstance(value, str):
                state.string_value = value
            elif isinstance(value, list):
                state.string_array_value.data.extend(value)
            else:
                state.file_uploader_state_value.uploaded_file_info.append(value)
        message = BackMsg()
        if not self._hash:
            message.rerun_script.page_name = self.page
        self._rerun(message)
        return await self._answer(message)

    async def press(self, key: str) -> Run:
        """Press a button."""
        message = BackMsg()
        self._rerun(message).widget_states.widgets.add(id=self.control(key)).trigger_value = True
        return await self._answer(message)

    async def poll(self) -> Run:
        """Have the piece of the page run again that asks for it most often. Raises VisitError where none does."""
        if not self._polled:
            raise VisitError("Nothing on the page asks to run again.")
        message = BackMsg()
        rerun = self._rerun(message)
        rerun.fragment_id = min(self._polled, key=self._polled.__getitem__)
        rerun.is_auto_rerun = True
        return await self._answer(message)

    async def upload(self, name: str, data: bytes) -> UploadedFileInfo:
        """Hand a file over, as the uploader does before it says so to the script, and have the one before forgotten.
        Raises VisitError."""
        message = BackMsg()
        message.file_urls_request.request_id = str(uuid4())
        message.file_urls_request.file_names.append(name)
        message.file_urls_request.session_id = self._session
        await self._connection.send(message.SerializeToString())
        urls = await self._urls()
        boundary = uuid4().hex
        quoted = name.replace('"', "%22")  # as browsers do: HTML, section 4.10.21.8
        disposition = f'Content-Disposition: form-data; name="{quoted}"; filename="{quoted}"'
        body = f"--{boundary}\r\n{disposition}\r\n\r\n".encode() + data + f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "X-Xsrftoken": self.cookies.get(XSRF, ""),
        }
        status, _ = await self.fetch("PUT", urls.upload_url, body, headers)
        if self._given and status < 300:
            status, _ = await self.fetch("DELETE", self._given, headers={"X-Xsrftoken": self.cookies.get(XSRF, "")})
        if status >= 300:
            raise VisitError(f"The upload was answered with {status}.")
        self._given = urls.delete_url
        return UploadedFileInfo(file_id=urls.file_id, name=name, size=len(data), file_urls=urls)

    def control(self, key: str) -> str:
        """The id under which a control's value travels. Raises VisitError where it is not shown."""
        if (identity := self._identity(key)) is None:
            raise VisitError(f"There is no control {key}.")
        return identity

    def shows(self, key: str) -> bool:
        """Whether there is a control of this key."""
        return self._identity(key) is not None

    def html(self) -> Iterator[str]:
        """The pieces of HTML on the page."""
        return (element.html.body for element in self.shown.values() if element.WhichOneof("type") == "html")

    async def fetch(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """A request over HTTP, with the visitor's cookies: its status and what came."""
        return await asyncio.to_thread(self._fetched, method, path, body, headers or {})

    def _fetched(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {"Cookie": self._cookie(), **headers})
            answer = connection.getresponse()
            self._remember(answer.headers.get_all("set-cookie") or [])
            return answer.status, answer.read()
        finally:
            connection.close()

    def _identity(self, key: str) -> str | None:
        for element in self.shown.values():
            kind = element.WhichOneof("type")
            identity = getattr(getattr(element, kind or "", None), "id", "")
            if isinstance(identity, str) and identity.endswith(f"-{key}"):
                return identity
        return None

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _remember(self, headers: list[str]) -> None:
        for header in headers:
            if pair := re.match(r"([^=;]+)=([^;]*)", header):
                self.cookies[pair[1]] = pair[2]

    @property
    def _connection(self) -> ClientConnection:
        if self._socket is None:
            raise VisitError("The visitor has not come yet.")
        return self._socket

    def _rerun(self, message: BackMsg) -> ClientState:
        rerun = message.rerun_script
        rerun.query_string, rerun.page_script_hash = self.query, self._hash
        rerun.context_info.url = f"{self.address}/{self.page}"
        rerun.widget_states.widgets.extend(self._values.values())
        return rerun

    async def _answer(self, message: BackMsg) -> Run:
        start, size, elements = time.perf_counter(), 0, 0
        is_whole = not message.rerun_script.fragment_id
        await self._connection.send(message.SerializeToString())
        begun = False
        async with asyncio.timeout(PATIENCE):
            while True:
                data = await self._connection.recv()
                size += len(data)
                said = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
                kind = said.WhichOneof("type")
                if kind == "new_session":
                    begun, self._session = True, said.new_session.initialize.session_id
                    if is_whole:
                        self.shown.clear()
                        self._polled.clear()
                elif kind == "auto_rerun":
                    self._polled[said.auto_rerun.fragment_id] = said.auto_rerun.interval
                elif kind == "navigation":
                    self._hash = said.navigation.page_script_hash
                elif kind == "delta" and said.delta.WhichOneof("type") == "new_element":
                    elements += 1
                    self._show(tuple(said.metadata.delta_path), said.delta.new_element)
                elif kind == "script_finished" and begun and said.script_finished == _AGAIN:
                    is_whole, begun = True, False
                elif kind == "script_finished" and begun:
                    if said.script_finished not in _ENDS_WELL:
                        raise VisitError("The page's script did not end well.")
                    return Run(time.perf_counter() - start, size, elements)

    def _show(self, path: tuple[int, ...], element: Element) -> None:
        if element.WhichOneof("type") == "exception":
            raise VisitError(element.exception.message or "The page shows an exception.")
        self.shown[path] = element

    async def _urls(self) -> FileURLs:
        async with asyncio.timeout(PATIENCE):
            while True:
                data = await self._connection.recv()
                said = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
                if said.WhichOneof("type") == "file_urls_response":
                    return said.file_urls_response.file_urls[0]


_AGAIN = ForwardMsg.FINISHED_EARLY_FOR_RERUN
_ENDS_WELL = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
