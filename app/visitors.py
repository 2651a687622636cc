"""Whom a limit counts: a person, by a cookie that only this server can make, and the address of a request."""

import hmac
import secrets
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

import streamlit as st
from starlette.requests import cookie_parser
from starlette.types import Scope
from streamlit import config
from streamlit.runtime.scriptrunner import get_script_run_ctx

COOKIE = "visitor"
_NAME_BYTES = 12
_NETWORK = 64
"""Bits of an IPv6 address that a house or a company has; the rest is free for each of its machines to choose."""


class Visitor(NamedTuple):
    """Who asks. `person` is None without a cookie of ours; a forged one is none."""

    address: str
    person: str | None


def visitor(scope: Scope, headers: Mapping[str, str]) -> Visitor:
    """Of a request. Behind a proxy that FORWARDED_ALLOW_IPS names, the address is what the proxy says."""
    client = scope.get("client")
    return Visitor(_network(client[0] if client else ""), _person(headers.get("cookie", "")))


def owner() -> str:
    """Whose run of a page this is: a person, else one window; "" where nobody's, as in a test."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return ""
    cookie = st.context.cookies.get(COOKIE)
    return (_known(cookie) if isinstance(cookie, str) else None) or context.session_id


def new_cookie() -> str:
    """The value of a new person's."""
    name = secrets.token_urlsafe(_NAME_BYTES)
    return f"{name}.{_signature(name)}"


def set_cookie(secure: bool, framed: bool) -> str:
    """The header that gives a browser its cookie; `framed`: pages of other sites may show ours."""
    site = "None; Secure; Partitioned" if framed and secure else f"Lax{'; Secure' if secure else ''}"
    return f"{COOKIE}={new_cookie()}; Path=/; HttpOnly; SameSite={site}"


def _person(cookies: str) -> str | None:
    return _known(cookie_parser(cookies).get(COOKIE, ""))


def _known(cookie: str) -> str | None:
    name, _, signature = cookie.partition(".")
    return name if name and hmac.compare_digest(signature.encode(), _signature(name).encode()) else None


def _signature(name: str) -> str:
    return hmac.new(_key(), name.encode(), sha256).hexdigest()[:32]


@cache
def _key() -> bytes:
    """Made of the secret that all replicas have in common, where one is set."""
    return hmac.new(config.get_option("server.cookieSecret").encode(), b"visitor", sha256).digest()


def _network(address: str) -> str:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> _NETWORK << _NETWORK))
    return str(parsed)
