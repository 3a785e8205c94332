"""What exists is documented: every option, header, problem and command."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.cli import cli
from mockserver.mocking.answers import TITLES
from mockserver.server.refusals import TITLES as REFUSALS
from mockserver.settings import OPTIONS, Option, Settings
from tests.running import ROOT

DOCS = ROOT / "docs"
PRODUCT = ROOT / "mockserver"
DOCUMENTS = [*ROOT.glob("*.md"), *DOCS.glob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
_MAKES_PROBLEMS = ("Refusal", "problem", "problem_answer", "_problem", "Refused")


def option_row(option: Option) -> str:
    """Return the line of docs/options.md that an option must have."""
    return "| " + " | ".join([_flags(option), _variables(option), *_value(option)]) + " |"


def _flags(option: Option) -> str:
    if option.name == "spec":
        return "`SPEC`"
    long = f"--[no-]{option.key}" if option.switch else f"--{option.key} {option.metavar}"
    prism = f"--[no-]{option.prism}" if option.prism else ""
    return ", ".join(f"`{flag}`" for flag in (long, option.short, prism) if flag)


def _variables(option: Option) -> str:
    return ", ".join(f"`{variable}`" for variable in option.variables)


def _value(option: Option) -> tuple[str, str, str]:
    default = getattr(Settings(), option.name)
    match default:
        case None | ():
            shown = ""
        case bool():
            shown = f"`{str(default).lower()}`"
        case _:
            shown = f"`{default}`"
    return f"`{option.key}`", shown, option.help


def text_of(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def string_constants(path: Path) -> Iterator[str]:
    """Yield every string and bytes literal of a module that is not a docstring."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            value = node.value
            yield value if isinstance(value, str) else value.decode("latin-1")


def slugs_in(path: Path) -> Iterator[str]:
    """Yield the slugs that a module gives to problems."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and _called(node) in _MAKES_PROBLEMS:
            for argument in node.args[:2]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_every_option_has_its_row(option: Option) -> None:
    assert option_row(option) in text_of("options.md").splitlines()


def test_no_option_is_documented_that_does_not_exist() -> None:
    rows = re.findall(r"^\| `(?:SPEC`|--).*$", text_of("options.md"), re.MULTILINE)
    assert rows == [option_row(option) for option in OPTIONS]


@pytest.mark.parametrize("name", cli.commands)
def test_every_command_has_its_section(name: str) -> None:
    assert f"\n## mockserver {name}\n" in text_of("options.md")


def test_every_header_of_ours_is_documented() -> None:
    literals = {
        literal.lower() for path in PRODUCT.rglob("*.py") for literal in string_constants(path)
    }
    named = {name for name in literals if re.fullmatch(r"x-mock-[a-z]+|sl-[a-z]+", name)}
    named |= {f"x-mock-{part}" for part in ("operation", "case", "scenario", "why", "trace")}
    documented = text_of("headers.md").lower()
    assert "x-mock-error" in named
    assert {name for name in named if f"`{name}" not in documented} == set()


def test_every_problem_is_documented() -> None:
    slugs = {slug for path in PRODUCT.rglob("*.py") for slug in slugs_in(path)} | {
        *TITLES,
        *REFUSALS,
    }
    headings = set(re.findall(r"^### ([a-z-]+)$", text_of("problems.md"), re.MULTILINE))
    assert headings == slugs


def anchors_of(text: str) -> set[str]:
    """Return the anchors of a page's headings, as its host makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    for target, anchor in _LINK.findall(document.read_text("utf-8")):
        if "://" in target:
            continue
        path = document.parent / target if target else document
        assert path.exists(), target
        if anchor:
            assert anchor in anchors_of(path.read_text("utf-8")), f"{target}#{anchor}"


@pytest.mark.parametrize(
    ("first", "last"),
    [("const response = await", "console.log(data);"), ("var request", "print(json)")],
    ids=["fetch", "swift"],
)
def test_the_sample_clients_are_the_pages_but_for_the_base_url(first: str, last: str) -> None:
    page = (ROOT / "tests" / "data" / "create-setup-intent.txt").read_text("utf-8")
    begin = page.index(first)
    sample = page[begin : page.index(last, begin) + len(last)]
    assert sample.count("https://api.orbitkit.io") == 1
    assert sample.replace("https://api.orbitkit.io", "http://localhost:4010") in text_of(
        "clients.md"
    )


def test_the_architecture_can_be_read_in_one_sitting() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text("utf-8").splitlines()) < 60
