"""Settings: one table, four sources, an origin for each value, one sentence for each mistake."""

from dataclasses import fields
from pathlib import Path

import pytest

from mockserver.errors import SettingsError
from mockserver.settings import (
    OPTIONS,
    Settings,
    describe,
    find_settings_file,
    load_settings,
)


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    assert [option.name for option in OPTIONS if option.name not in _names()] == []
    assert _names() == {option.name for option in OPTIONS}


def test_only_switches_have_no_value_to_show() -> None:
    assert [option.name for option in OPTIONS if option.switch == bool(option.metavar)] == []


def _part(given: object) -> object:
    """Return what a message quotes: of a list the value that has no meaning."""
    return given[0] if isinstance(given, list | tuple) else given


def _names() -> set[str]:
    return {field.name for field in fields(Settings)}


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    resolved = load_settings({}, {}, tmp_path)
    assert resolved.settings == Settings()
    assert set(resolved.origins.values()) == {"default"}


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    (tmp_path / "mockserver.toml").write_text('port = 1\nhost = "a"\nseed = 7\n')
    environ = {"MOCKSERVER_PORT": "2", "MOCKSERVER_HOST": "b"}
    settings, origins, _ = load_settings({"port": "3"}, environ, tmp_path)
    assert (settings.port, settings.host, settings.seed) == (3, "b", "7")
    assert origins["port"] == "--port"
    assert origins["host"] == "MOCKSERVER_HOST"
    assert origins["seed"] == f"{tmp_path}/mockserver.toml:3"
    assert origins["cors"] == "default"


def test_the_document_of_the_command_line_is_called_what_it_is_called_there(tmp_path: Path) -> None:
    assert load_settings({"spec": "a.yaml"}, {}, tmp_path).origins["spec"] == "SPEC"


def test_a_switch_turned_off_is_called_what_was_typed(tmp_path: Path) -> None:
    assert load_settings({"cors": False}, {}, tmp_path).origins["cors"] == "--no-cors"


def test_platforms_that_set_port_are_heard_after_our_own_variable(tmp_path: Path) -> None:
    assert load_settings({}, {"PORT": "8080"}, tmp_path).settings.port == 8080
    both = {"PORT": "8080", "MOCKSERVER_PORT": "9"}
    assert load_settings({}, both, tmp_path).settings.port == 9


def test_variables_that_are_no_settings_are_warned_of_except_those_with_a_meaning_elsewhere(
    tmp_path: Path,
) -> None:
    environ = {"MOCKSERVER_SEEED": "1", "MOCKSERVER_SPECS": "a", "MOCKSERVER_CHECK_CREDENTIAL_A": "b", "X": "y"}  # fmt: skip
    (warning,) = load_settings({}, environ, tmp_path).warnings
    assert str(warning).endswith("did you mean 'MOCKSERVER_SEED'?")


def test_what_kubernetes_says_of_a_service_named_mockserver_is_no_setting(tmp_path: Path) -> None:
    environ = {
        "MOCKSERVER_PORT": "tcp://10.0.0.1:80",
        "MOCKSERVER_PORT_80_TCP_ADDR": "10.0.0.1",
        "MOCKSERVER_SERVICE_HOST": "10.0.0.1",
    }
    resolved = load_settings({}, environ, tmp_path)
    assert (resolved.settings.port, resolved.warnings) == (4010, ())


@pytest.mark.parametrize(
    ("environ", "color", "origin"),
    [
        ({}, True, "default"),
        ({"NO_COLOR": ""}, True, "default"),
        ({"NO_COLOR": "1"}, False, "NO_COLOR"),
        ({"NO_COLOR": "1", "MOCKSERVER_COLOR": "yes"}, True, "MOCKSERVER_COLOR"),
    ],
)
def test_no_color_turns_colour_off(
    tmp_path: Path, environ: dict[str, str], color: bool, origin: str
) -> None:
    resolved = load_settings({}, environ, tmp_path)
    assert (resolved.settings.color, resolved.origins["color"]) == (color, origin)


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("port", "0", 0),
        ("port", 65535, 65535),
        ("max_body", "65536", 65536),
        ("max_body", 7, 7),
        ("max_body", "512k", 524288),
        ("max_body", "10MiB", 10485760),
        ("max_body", "1 GB", 2**30),
        ("max_body", "9b", 9),
        ("dynamic", "TRUE", True),
        ("dynamic", "off", False),
        ("dynamic", True, True),
        ("seed", 42, "42"),
        ("session_idle", 90, 90),
        ("session_idle", "30m", 1800),
        ("session_idle", "7 d", 604_800),
        ("store", "memory", "memory"),
        ("workers", "4", 4),
        ("workers", 2, 2),
        ("store", "redis://h:1/2?prefix=x", "redis://h:1/2?prefix=x"),
        ("log_format", "json", "json"),
        ("control_prefix", "/a/b-c", "/a/b-c"),
        ("cors_origin", "https://A.example, http://b:1", ("https://a.example", "http://b:1")),
        ("cors_origin", ["capacitor://localhost"], ("capacitor://localhost",)),
        ("allow_host", ("mock", "[::1]"), ("mock", "[::1]")),
        ("fixtures", "x/y", Path("x/y")),
        ("min_coverage", "80", 80.0),
        ("min_coverage", 99.5, 99.5),
        ("min_coverage", 0, 0.0),
    ],
)
def test_values_are_read_in_the_forms_that_people_write(
    tmp_path: Path, name: str, given: object, read: object
) -> None:
    assert getattr(load_settings({name: given}, {}, tmp_path).settings, name) == read


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("port", "abc"),
        ("min_coverage", "101"),
        ("min_coverage", "-1"),
        ("min_coverage", True),
        ("port", "65536"),
        ("port", True),
        ("max_body", "ten"),
        ("max_body", False),
        ("dynamic", "maybe"),
        ("dynamic", 1),
        ("seed", " "),
        ("session_idle", 0),
        ("session_idle", "1w"),
        ("store", "http://h"),
        ("workers", 0),
        ("workers", "100"),
        ("store", 1),
        ("seed", True),
        ("log_format", "xml"),
        ("control_prefix", "/"),
        ("control_prefix", "mock"),
        ("control_prefix", "/a/"),
        ("cors_origin", "https://a.example/path"),
        ("cors_origin", "*"),
        ("cors_origin", 3),
        ("cors_origin", [3]),
        ("allow_host", "mock:4010"),
        ("allow_host", [3]),
    ],
)
def test_a_value_without_meaning_is_one_sentence(tmp_path: Path, name: str, given: object) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({name: given}, {}, tmp_path)
    assert len(caught.value.findings) == 1
    assert f"--{name.replace('_', '-')} is {_part(given)!r}, which is not " in str(caught.value)


def test_every_mistake_is_named_at_once_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "mockserver.toml").write_text('# c\nporf = 1\n"host" = ""\n')
    with pytest.raises(SettingsError) as caught:
        load_settings({}, {"MOCKSERVER_PORT": "x"}, tmp_path)
    file = tmp_path / "mockserver.toml"
    assert {str(finding) for finding in caught.value.findings} == {
        f"{file}:2: unknown setting 'porf'; did you mean 'port'?",
        "MOCKSERVER_PORT is 'x', which is not a port, 0 to 65535",
        f"{file}:3: host is '', which is not a text that is not empty",
    }


def test_a_key_that_no_line_begins_with_is_placed_in_its_file(tmp_path: Path) -> None:
    (tmp_path / "mockserver.toml").write_text("[prot.x]\n")
    with pytest.raises(SettingsError, match=r"mockserver\.toml: unknown setting 'prot'"):
        load_settings({}, {}, tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"port = \n", "cannot be read: Invalid value", id="not TOML"),
        pytest.param(b"\xff\n", "cannot be read: 'utf-8' codec", id="not UTF-8"),
        pytest.param(None, "cannot be read: No such file", id="absent"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "other.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=reason):
        load_settings({}, {}, tmp_path, config=path)


def test_paths_in_a_file_are_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "mockserver.toml").write_text('spec = "api/a.yaml"\nfixtures = "/abs"\n')
    settings = load_settings({}, {}, tmp_path).settings
    assert (settings.spec, settings.fixtures) == (tmp_path / "api/a.yaml", Path("/abs"))


def test_several_paths_in_a_file_are_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "mockserver.toml").write_text('overlay = ["a.yaml", "/b.yaml"]\n')
    resolved = load_settings({}, {}, tmp_path)
    assert resolved.settings.overlay == (tmp_path / "a.yaml", Path("/b.yaml"))


def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mockserver.toml").write_text("spec = [1]\n")
    with pytest.raises(SettingsError, match="not a text"):
        load_settings({}, {}, tmp_path)


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("[tool.mockserver]\nport = 5\n", 5),
        ("[tool.other]\nx = 'tool.mockserver'\n", 4010),
        ("tool = 'tool.mockserver'\n", 4010),
    ],
)
def test_pyproject_has_a_table_for_us(tmp_path: Path, text: str, port: int) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert load_settings({}, {}, tmp_path).settings.port == port


def test_the_search_goes_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    below = tmp_path / "repository" / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "mockserver.toml").touch()
    assert find_settings_file(below) is None
    (tmp_path / "repository" / ".git").mkdir()
    assert find_settings_file(below) is None
    settings = tmp_path / "repository" / "mockserver.toml"
    settings.touch()
    assert find_settings_file(below) == settings
    assert find_settings_file(tmp_path / "repository") == settings
    (below / "pyproject.toml").write_text("[project]\n")
    assert find_settings_file(below) == settings
    (below / "pyproject.toml").write_text("[tool.mockserver]\n")
    assert find_settings_file(below) == below / "pyproject.toml"


def test_files_below_the_working_directory_are_shown_relative_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mockserver.toml").write_text("port = 1\n")
    assert load_settings({}, {}, tmp_path).origins["port"] == "mockserver.toml:1"


def test_every_setting_is_described_with_its_origin(tmp_path: Path) -> None:
    given = {"cors_origin": ["http://a", "http://b"], "dynamic": True}
    rows = describe(load_settings(given, {}, tmp_path))
    assert [row[0] for row in rows] == [option.key for option in OPTIONS]
    assert ("port", "4010", "default") in rows
    assert ("cors-origin", "http://a, http://b", "--cors-origin") in rows
    assert ("dynamic", "true", "--dynamic") in rows
    assert ("allow-host", "-", "default") in rows
    assert ("seed", "-", "default") in rows


def test_limits_are_read_and_shown_as_they_are_given(tmp_path: Path) -> None:
    resolved = load_settings({"limit": ("depth=150", "bytes=1MiB")}, {}, tmp_path)
    assert resolved.settings.limit == (("depth", 150), ("bytes", 2**20))
    assert ("limit", "depth=150, bytes=1048576", "--limit") in describe(resolved)


@pytest.mark.parametrize(
    "given", ["depth", "depth=", "depth=0", "depth=201", "none=1", "files=x", 5]
)
def test_a_limit_that_is_none_is_refused(tmp_path: Path, given: object) -> None:
    with pytest.raises(SettingsError, match="which is not "):
        load_settings({"limit": (given,)}, {}, tmp_path)
