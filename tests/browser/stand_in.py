"""The control API in its shape alone, in front of the real mock: what the page is tested against until the product's own is there.

``python tests/browser/stand_in.py DOCUMENT [PORT]`` serves until it is ended, and says its URL on stderr.
"""

import asyncio
import json
import socket
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from mockserver import __version__
from mockserver.fixtures.contract import load_contract, locate
from mockserver.generation import snippets
from mockserver.generation.requests import build_request
from mockserver.mocking.memory import Override, override_key, position_key, state_key
from mockserver.server.app import MockApp
from mockserver.server.pages import page_routes
from mockserver.server.serve import build_mock
from mockserver.settings import Settings
from mockserver.spec.model import Operation
from mockserver.state.journal import Exchange, Journal
from mockserver.state.store import MemoryStore, Session

PREFIX = "/__mock"


def reports() -> list[Path]:
    return sorted(Path(".mockserver/checks").glob("*.json"))


class StandIn:
    """Answers for the API with what the mock's own state holds."""

    def __init__(self, spec: Path, url: str) -> None:
        self.settings = locate(Settings(spec=spec), spec.parent)
        self.contract = load_contract(self.settings)
        self.url = url
        self.store = MemoryStore()
        self.journal = Journal(f"{time.time_ns():x}"[-6:])
        self.default: str | None = None
        self.started = datetime.now(UTC).isoformat()  # noqa: TID251 - the outer edge
        self.app = MockApp(
            build_mock(self.contract, self.settings, "seed"),
            self.settings,
            control=Starlette(routes=[*page_routes(PREFIX), *self.routes()]),
            store=self.store,
            journal=self.journal,
            now=time.time,  # noqa: TID251 - the outer edge
        )

    def routes(self) -> list[Route]:
        """Return every call that the page makes."""
        table = {
            "/status": self.status,
            "/operations": self.operations,
            "/operations/{name:path}": self.operation,
            "/tokens": self.tokens,
            "/scenarios": self.scenarios,
            "/sessions": self.sessions,
            "/sessions/{session}": self.session,
            "/journal": self.listing,
            "/journal/{id}": self.entry,
            "/journal.har": self.har,
            "/coverage": self.coverage,
            "/events": self.events,
            "/checks": self.checks,
            "/checks/{file}": self.check,
            "/use/{scenario:path}": self.use,
        }
        writes = [
            ("PATCH", "/sessions/{session}", self.patch),
            ("POST", "/sessions/{session}/reset", self.reset),
            ("PUT", "/sessions/{session}/overrides/{name:path}", self.override),
            ("DELETE", "/sessions/{session}/overrides/{name:path}", self.release),
            ("PUT", "/default-scenario", self.default_scenario),
            ("DELETE", "/journal", self.clear),
            ("POST", "/reload", self.reload),
            ("POST", "/checks", self.reload),
        ]
        return [
            *(Route(PREFIX + path, call, methods=["GET"]) for path, call in table.items()),
            *(Route(PREFIX + path, call, methods=[method]) for method, path, call in writes),
        ]

    def operation_value(self, operation: Operation) -> dict[str, object]:
        of = list(self.contract.fixtures.cases.get(operation.name, {}).values())
        answers = []
        for key, response in operation.responses.items():
            examples = {example.name for media in response.content for example in media.examples}
            answers.append(
                {
                    "status": key.upper() if key != "default" else key,
                    "description": response.description,
                    "media_types": [media.name for media in response.content],
                    "examples": sorted(examples),
                    "cases": [case.name for case in of if str(case.then.status) == key],
                }
            )
        return {
            "name": operation.name,
            "method": operation.method,
            "path": operation.path,
            "summary": operation.summary,
            "deprecated": False,
            "tags": list(operation.tags),
            "secured": bool(operation.security),
            "place": str(operation.place),
            "answers": answers,
            "cases_of": of,
        }

    async def status(self, _: Request) -> Response:
        api, fixtures = self.contract.api, self.contract.fixtures
        return JSONResponse(
            {
                "version": __version__,
                "document": {
                    "title": api.title,
                    "version": api.version,
                    "openapi": "3.1.1",
                    "file": str(self.settings.spec),
                    "operations": len(api.operations),
                },
                "fixtures": {
                    "files": 3,
                    "tokens": len(fixtures.tokens),
                    "cases": sum(len(cases) for cases in fixtures.cases.values()),
                    "scenarios": len(fixtures.scenarios),
                },
                "seed": "seed",
                "started": self.started,
                "url": self.url,
                "uptime": 1,
                "default_scenario": self.default,
                "reload": {"state": "ok", "at": None, "message": None},
                "journal": {
                    "kept": len(self.journal.since(0)),
                    "appended": self.journal.appended,
                    "limit": 10_000,
                },
                "sessions": len(await self.store.names()),
                "store": "memory",
                "degraded": False,
                "warnings": [str(one) for one in self.contract.findings],
            }
        )

    async def operations(self, _: Request) -> Response:
        values = [self.operation_value(one) for one in self.contract.api.operations]
        for value in values:
            del value["cases_of"]
        return JSONResponse({"operations": values})

    async def operation(self, request: Request) -> Response:
        api = self.contract.api
        found = next(one for one in api.operations if one.name == request.path_params["name"])
        value = self.operation_value(found)
        cases = value.pop("cases_of")
        assert isinstance(cases, list)
        tokens = {
            token.scheme: token.value
            for token in self.contract.fixtures.tokens.values()
            if token.outcome == "accept" and token.value
        }
        made = build_request(api, found, chance=None, tokens=tokens)
        value["cases"] = [
            {
                "name": case.name,
                "status": case.then.status,
                "when": {"token": case.when.token} if case.when.token else {},
                "place": str(case.place),
            }
            for case in cases
        ]
        value["parameters"] = [
            {"name": one.name, "in": one.location, "required": one.required}
            for one in found.parameters
        ]
        value["request"] = {
            "method": made.method,
            "path": made.path.decode(),
            "query": made.query.decode(),
            "headers": [[name.decode(), text.decode()] for name, text in made.headers],
            "body": made.body.decode() or None,
        }
        value["snippets"] = {
            "curl": snippets.curl(made, "$BASE_URL"),
            "fetch": snippets.fetch(made, "$BASE_URL"),
            "swift": snippets.swift(made, "$BASE_URL"),
            "httpie": snippets.httpie(made, "$BASE_URL"),
        }
        value["tokens"] = list(self.contract.fixtures.tokens)
        return JSONResponse(value)

    async def tokens(self, _: Request) -> Response:
        found = [
            {
                "name": one.name,
                "scheme": one.scheme,
                "outcome": one.outcome,
                "value": one.value,
                "place": str(one.place),
            }
            for one in self.contract.fixtures.tokens.values()
        ]
        return JSONResponse({"tokens": found})

    async def scenarios(self, _: Request) -> Response:
        found = []
        for one in self.contract.fixtures.scenarios.values():
            states = None
            if one.states:
                names = {*one.states.use, *one.states.go, one.states.initial}
                states = {"initial": one.states.initial} | {
                    name: {
                        "use": dict(one.states.use.get(name, {})),
                        "go": dict(one.states.go.get(name, {})),
                    }
                    for name in sorted(names)
                }
            found.append(
                {
                    "name": one.name,
                    "use": dict(one.use),
                    "sequence": {name: list(of.cases) for name, of in one.sequence.items()},
                    "states": states,
                    "token": one.token,
                    "delay": {"type": one.delay.type, "median": one.delay.median}
                    if one.delay
                    else None,
                    "fault": None,
                    "force": one.force,
                    "extends": None,
                    "place": str(one.place),
                }
            )
        return JSONResponse({"default": self.default, "scenarios": found})

    async def sessions(self, _: Request) -> Response:
        found = [self.store.session(name) for name in await self.store.names()]
        return JSONResponse(
            {
                "sessions": [
                    {"name": one.name, "scenario": one.scenario, "calls": sum(one.calls.values())}
                    for one in found
                ]
            }
        )

    def session_value(self, session: Session) -> dict[str, object]:
        positions, states = [], {}
        for scenario in self.contract.fixtures.scenarios.values():
            for operation, sequence in scenario.sequence.items():
                at = session.values.get(position_key(scenario.name, operation))
                if at is not None:
                    positions.append(
                        {
                            "scenario": scenario.name,
                            "operation": operation,
                            "position": at,
                            "of": len(sequence.cases),
                        }
                    )
            if state := session.values.get(state_key(scenario.name)):
                states[scenario.name] = state
        prefix = override_key("")
        return {
            "name": session.name,
            "scenario": session.scenario,
            "effective_scenario": session.scenario or self.default,
            "calls": session.calls,
            "positions": positions,
            "states": states,
            "overrides": {
                key.removeprefix(prefix): value
                for key, value in session.values.items()
                if key.startswith(prefix)
            },
            "resources": {},
        }

    async def session(self, request: Request) -> Response:
        name = request.path_params["session"]
        if name not in await self.store.names():
            return JSONResponse({"title": "No such session"}, 404)
        return JSONResponse(self.session_value(self.store.session(name)))

    async def patch(self, request: Request) -> Response:
        name = request.path_params["session"]
        await self.store.set_scenario(name, (await request.json())["scenario"])
        return JSONResponse(self.session_value(self.store.session(name)))

    async def reset(self, request: Request) -> Response:
        name = request.path_params["session"]
        await self.store.reset(name)
        return JSONResponse(self.session_value(self.store.session(name)))

    async def override(self, request: Request) -> Response:
        name = request.path_params["session"]
        value = Override(**await request.json()).as_value()
        await self.store.put(name, {override_key(request.path_params["name"]): value})
        return JSONResponse(self.session_value(self.store.session(name)))

    async def release(self, request: Request) -> Response:
        name = request.path_params["session"]
        await self.store.put(name, {override_key(request.path_params["name"]): None})
        return JSONResponse(self.session_value(self.store.session(name)))

    async def default_scenario(self, request: Request) -> Response:
        self.default = (await request.json())["scenario"]
        self.settings = Settings(spec=self.settings.spec, scenario=self.default)
        self.app.use(build_mock(self.contract, self.settings, "seed"))
        return JSONResponse({"scenario": self.default})

    async def listing(self, request: Request) -> Response:
        query = request.query_params
        found = self.journal.since(0)
        if before := query.get("before"):
            found = found[: [one.id for one in found].index(before)]
        if operation := query.get("operation"):
            found = [one for one in found if one.operation == operation]
        found = found[-int(query.get("limit", "100")) :]
        return JSONResponse(
            {
                "entries": [summary(one) for one in found],
                "next": None,
                "appended": self.journal.appended,
                "kept": len(self.journal.since(0)),
            }
        )

    async def entry(self, request: Request) -> Response:
        found = [one for one in self.journal.since(0) if one.id == request.path_params["id"]]
        return JSONResponse(full(found[0])) if found else JSONResponse({"title": "Gone"}, 404)

    async def har(self, _: Request) -> Response:
        return JSONResponse({"log": {"version": "1.2", "entries": []}})

    async def clear(self, _: Request) -> Response:
        self.journal.__init__("again")  # type: ignore[misc]
        return Response(status_code=204)

    async def coverage(self, _: Request) -> Response:
        entries = self.journal.since(0)
        rows, served, of = [], 0, 0
        for operation in self.contract.api.operations:
            mine = [one for one in entries if one.operation == operation.name]
            answers = [
                {"status": key, "served": sum(str(one.status) == key for one in mine)}
                for key in operation.responses
            ]
            cases = self.contract.fixtures.cases.get(operation.name, {})
            rows.append(
                {
                    "name": operation.name,
                    "answers": answers,
                    "cases": [
                        {"name": name, "served": sum(one.case == name for one in mine)}
                        for name in cases
                    ],
                }
            )
            of += len(answers)
            served += sum(bool(one["served"]) for one in answers)
        unused = {"cases": [], "tokens": ["unknown-user"], "scenarios": ["slow"]}
        return JSONResponse({"operations": rows, "served": served, "of": of, "unused": unused})

    async def checks(self, _: Request) -> Response:
        found = []
        for file in reports():
            report = json.loads(file.read_bytes())
            found.append({"file": file.name, **{k: report[k] for k in ("target", "counts")}})
        return JSONResponse({"checks": found})

    async def check(self, request: Request) -> Response:
        file = Path(".mockserver/checks") / request.path_params["file"]
        return Response(file.read_bytes(), media_type="application/json")

    async def reload(self, _: Request) -> Response:
        return JSONResponse({"state": "ok", "message": None})

    async def use(self, request: Request) -> Response:
        answer = RedirectResponse(f"{PREFIX}/", 303)
        scenario = request.path_params["scenario"]
        for name, value in (
            ("mock_scenario", scenario),
            ("mock_session", request.query_params.get("session", "")),
        ):
            if scenario:
                answer.set_cookie(name, value, path="/", samesite="lax")
            else:
                answer.delete_cookie(name)
        return answer

    async def events(self, request: Request) -> Response:
        last = request.headers.get("last-event-id")

        async def stream() -> AsyncIterator[str]:
            at = int(last) if last else self.journal.appended
            yield ": here\n\n"
            while True:
                for one in self.journal.since(at):
                    at += 1
                    yield f"event: exchange\nid: {at}\ndata: {json.dumps(summary(one))}\n\n"
                await asyncio.sleep(0.05)

        return StreamingResponse(stream(), media_type="text/event-stream")


def summary(one: Exchange) -> dict[str, object]:
    """Return an exchange as a row of the log."""
    return {
        "id": one.id,
        "time": one.time,
        "session": one.session,
        "method": one.method,
        "path": one.path.decode("latin-1"),
        "query": one.query.decode("latin-1"),
        "operation": one.operation,
        "status": one.status,
        "case": one.case,
        "scenario": one.scenario,
        "token": one.token,
        "why": one.why,
        "error": one.error,
        "violations": len(one.violations),
        "duration": one.duration,
    }


def full(one: Exchange) -> dict[str, object]:
    """Return an exchange in full."""
    selector, *rest = one.why.split("; ")

    def message(headers: object, body: bytes) -> dict[str, object]:
        assert isinstance(headers, (list, tuple))
        pairs = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]
        try:
            return {"headers": pairs, "body": body.decode() or None}
        except UnicodeDecodeError:
            return {"headers": pairs, "body": None, "body_base64": b64encode(body).decode()}

    return {
        **summary(one),
        "request": message(one.request_headers, one.request_body),
        "response": message(one.response_headers, one.response_body),
        "violations": [
            {
                "location": str(each.location[0]),
                "pointer": "/" + "/".join(map(str, each.location[1:])),
                "keyword": each.keyword,
                "message": each.message,
                "severity": each.severity,
                "place": str(each.place) if each.place else None,
            }
            for each in one.violations
        ],
        "explanation": {
            "selector": selector,
            "rule": "; ".join(rest[:-1]),
            "place": rest[-1] if rest else None,
        },
    }


def main() -> None:
    spec, port = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with socket.create_server(("127.0.0.1", port)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = StandIn(spec, url).app
        sys.stderr.write(f"{url}\n")
        sys.stderr.flush()
        config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
