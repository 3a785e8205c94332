"""What a server with these settings would expose: to whom, how much it takes, and what to change.

Nothing is started and no document is read; every sentence follows from the settings and where they come from.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from mockserver.server.control.guard import LOOPBACK_HOSTS
from mockserver.server.exchanges import BODY_KEPT
from mockserver.server.protocol import HEAD_SECONDS
from mockserver.server.refusals import LARGEST_HEAD, LONGEST_TARGET, MOST_HEADERS
from mockserver.server.serve import LOOPBACK
from mockserver.server.wire import BODY_SECONDS
from mockserver.settings import Resolved, Settings
from mockserver.spec.limits import Limits

Level = Literal["fine", "note", "change"]
_SHORTEST_TOKEN = 16
_LARGE_BODY = 100 * 2**20


@dataclass(frozen=True, slots=True)
class Exposure:
    """One thing that others can reach, or that they can make the server do.

    Attributes:
        subject: A word or two.
        state: How it is, one sentence without a final full stop.
        level: ``change`` is worth changing; a ``note`` is worth knowing.
        advice: What to do; empty where it is fine.
    """

    subject: str
    state: str
    level: Level = "fine"
    advice: str = ""


def examine(resolved: Resolved) -> list[Exposure]:
    """Return everything that is exposed, in the order of who gets in first."""
    return [found for examiner in _EXAMINERS for found in examiner(resolved)]


def is_local(settings: Settings) -> bool:
    """Tell whether nothing but this machine can reach the server."""
    return settings.host in LOOPBACK


def as_text(found: list[Exposure]) -> str:
    """Return the exposures for people."""
    width = max(len(one.subject) for one in found)
    lines = []
    for one in found:
        lines.append(f"{_MARKS[one.level]} {one.subject:<{width}}  {one.state}")
        if one.advice:
            lines.append(f"  {'':<{width}}  → {one.advice}")
    count = sum(one.level == "change" for one in found)
    lines += ["", f"{count} to change" if count else "nothing to change"]
    return "\n".join(lines)


def as_json(found: list[Exposure]) -> str:
    """Return the exposures for programs."""
    count = sum(one.level == "change" for one in found)
    return json.dumps({"change": count, "exposures": [asdict(one) for one in found]}, indent=2)


_MARKS: Mapping[Level, str] = {"fine": " ", "note": "·", "change": "!"}


def _address(resolved: Resolved) -> Iterator[Exposure]:
    settings = resolved.settings
    where = f"{settings.host}:{settings.port}"
    if is_local(settings):
        yield Exposure("address", f"{where}: programs of this machine, and pages in its browsers")
    else:
        state = f"{where}: everybody whose packets arrive there, unencrypted"
        advice = "listen on 127.0.0.1; in a container publish the port to 127.0.0.1 only"
        yield Exposure("address", state, "change", advice)


def _control(resolved: Resolved) -> Iterator[Exposure]:
    settings, origin = resolved.settings, resolved.origins["admin_token"]
    state = f"{settings.control_prefix}/ reads the journal and changes what is answered; pages of other sites are refused"
    yield Exposure("control API", state)
    token = settings.admin_token
    if token is None:
        local = "none is asked for on loopback: programs of this machine are trusted"
        drawn = "drawn at each start and printed; asked for on every call"
        yield Exposure("token", local if is_local(settings) else drawn)
    elif len(token) < _SHORTEST_TOKEN:
        state = f"{len(token)} characters, from {origin}: few enough to be guessed"
        advice = f"take {_SHORTEST_TOKEN} or more, or leave it out: then one is drawn"
        yield Exposure("token", state, "change", advice)
    elif origin == "--admin-token":
        state = "given on the command line, which every user of this machine can list"
        yield Exposure("token", state, "note", "set MOCKSERVER_ADMIN_TOKEN instead")
    else:
        yield Exposure("token", f"given by {origin}; asked for on every call")


def _hosts(resolved: Resolved) -> Iterator[Exposure]:
    added = resolved.settings.allow_host
    names = ", ".join((*LOOPBACK_HOSTS, *added))
    state = f"the control API answers to the names {names}, and to the address it is bound to"
    if added:
        advice = "keep only names that you own: whoever owns one can point it at this server"
        yield Exposure("hosts", state, "note", advice)
    else:
        yield Exposure("hosts", state)


def _cors(resolved: Resolved) -> Iterator[Exposure]:
    settings = resolved.settings
    if not settings.cors:
        yield Exposure("CORS", "off: pages of other origins cannot read answers")
        return
    trusted = ", ".join(("pages of this machine", *settings.cors_origin))
    state = f"every page may read the mock's answers; with credentials: {trusted}; never the control API"
    plain = [origin for origin in settings.cors_origin if origin.startswith("http://")]
    if plain:
        advice = "name it with https: whoever is on the way can write pages of an http origin"
        yield Exposure("CORS", state, "note", advice)
    else:
        yield Exposure("CORS", state)


def _references(resolved: Resolved) -> Iterator[Exposure]:
    settings = resolved.settings
    if settings.allow_network:
        state = "on: whoever writes the document chooses what this machine fetches"
        advice = "download what it refers to, and leave --allow-network out"
        yield Exposure("network references", state, "change", advice)
    else:
        yield Exposure("network references", "off: no $ref leaves this machine")
    root = settings.root
    if root is not None and root.resolve() in (Path("/"), Path.home().resolve()):
        state = f"{root}: a $ref may read everything below, and answers show it"
        yield Exposure("files", state, "change", "name the folder of the API with --root")
    else:
        where = root if root is not None else "the working directory, or the document's folder"
        yield Exposure("files", f"no $ref leaves {where}")


def _limits(resolved: Resolved) -> Iterator[Exposure]:
    settings = resolved.settings
    usual, limits = Limits(), Limits().changed(dict(settings.limit))
    state = f"documents: {limits.file_bytes:,} bytes a file, {limits.files:,} files, {limits.depth} levels, {limits.nodes:,} values"
    wider = limits != usual and any(
        getattr(limits, name) > getattr(usual, name) for name in Limits.__dataclass_fields__
    )
    advice = "wider than usual: for documents that you trust"
    yield Exposure("limits", state, *(("note", advice) if wider else ()))
    state = (
        f"requests: {settings.max_body:,} bytes of body, {LARGEST_HEAD:,} of head, {MOST_HEADERS} headers, {LONGEST_TARGET:,} bytes of target;"
        f" {HEAD_SECONDS:g} s for a head, {BODY_SECONDS:g} s for a body"
    )
    if settings.max_body > _LARGE_BODY:
        advice = "each request may take so much memory: lower --max-body"
        yield Exposure("limits", state, "change", advice)
    else:
        yield Exposure("limits", state)


def _kept(resolved: Resolved) -> Iterator[Exposure]:
    where = "memory" if resolved.settings.store == "memory" else "Redis, for whoever may read it"
    state = f"the journal keeps requests and answers in {where}, {BODY_KEPT:,} bytes of each body; credentials are left out of headers and queries, not of bodies"
    yield Exposure("journal", state)


def _user(_: Resolved) -> Iterator[Exposure]:
    yield from of_user(os.geteuid() if hasattr(os, "geteuid") else None)


def of_user(number: int | None) -> Iterator[Exposure]:
    """Yield what is to be said of a user by number; ``None`` where users have none."""
    if number == 0:
        advice = "run it as a user without rights; the container image does"
        yield Exposure("user", "root", "note", advice)


_EXAMINERS: tuple[Callable[[Resolved], Iterator[Exposure]], ...] = (
    *(_address, _control, _hosts, _cors, _references, _limits, _kept, _user),
)
