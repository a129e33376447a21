"""Where settings come from, what they are called, and what is said of bad ones."""

from datetime import timedelta
from pathlib import Path

import pytest

from locum.infra.settings import Settings, SettingsError, public_view, read_settings
from locum.infra.settings.reading import leaves, names_of, unknown_variables


class TestNames:
    def test_ours_wins_over_the_peers(self):
        settings = read_settings({"LOCUM_API_PORT": "1", "PREFECT_SERVER_API_PORT": "2"})
        assert settings.api.port == 1

    @pytest.mark.parametrize(
        "name",
        ["PREFECT_SERVER_API_DEFAULT_LIMIT", "PREFECT_API_DEFAULT_LIMIT", "LOCUM_API_DEFAULT_LIMIT"],
    )
    def test_older_names_are_read(self, name: str):
        assert read_settings({name: "7"}).api.default_limit == 7

    def test_no_name_stands_for_two_settings(self):
        names = [name for path, field in leaves(Settings) for name in set(names_of(path, field))]
        assert len(names) == len(set(names))

    def test_misspelt_ones_are_found(self):
        assert unknown_variables({"LOCUM_PROT": "1", "LOCUM_HOME": "/x", "PREFECT_X": "1"}) == ["LOCUM_PROT"]


class TestValues:
    @pytest.mark.parametrize("value", ["20", "PT20S", "00:00:20"])
    def test_spans_have_three_forms(self, value: str):
        settings = read_settings({"PREFECT_API_SERVICES_LATE_RUNS_AFTER_SECONDS": value})
        assert settings.services.late_runs.after_seconds == timedelta(seconds=20)

    def test_nothing_counts_as_not_set(self):
        assert read_settings({"PREFECT_SERVER_API_AUTH_STRING": ""}).api.auth_string is None

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("PREFECT_SERVER_API_PORT", "abc"),
            ("PREFECT_SERVER_API_PORT", "70000"),
            ("LOCUM_API_DEFAULT_LIMIT", "0"),
            ("PREFECT_LOGGING_SERVER_LEVEL", "LOUD"),
            ("PREFECT_SERVER_SERVICES_DB_VACUUM_EVENT_RETENTION_OVERRIDES", "{"),
        ],
    )
    def test_a_bad_one_is_named_in_one_line(self, name: str, value: str):
        with pytest.raises(SettingsError) as caught:
            read_settings({name: value})
        assert str(caught.value).startswith(f"{name}: ")
        assert "\n" not in str(caught.value)

    def test_the_command_line_wins(self):
        assert read_settings({"LOCUM_API_PORT": "1"}, overrides={"api.port": 3}).api.port == 3


class TestFiles:
    def test_dotenv_gives_way_to_the_environment(self, tmp_path: Path):
        (tmp_path / ".env").write_text("export LOCUM_API_PORT='5'\n# LOCUM_API_HOST=no\nLOCUM_API_WORKERS=2 # two\n")
        settings = read_settings({"LOCUM_API_WORKERS": "3"}, directory=tmp_path)
        assert (settings.api.port, settings.api.workers, settings.api.host) == (5, 3, "127.0.0.1")

    def test_the_active_profile_is_read(self, tmp_path: Path):
        (tmp_path / "profiles.toml").write_text(
            'active = "mine"\n'
            "[profiles.mine]\nPREFECT_SERVER_API_PORT = 9\n"
            "[profiles.other]\nPREFECT_SERVER_API_PORT = 8\n"
        )
        home = {"PREFECT_HOME": str(tmp_path)}
        assert read_settings(home).api.port == 9
        assert read_settings(home | {"PREFECT_PROFILE": "other"}).api.port == 8

    def test_a_bad_value_tells_its_file(self, tmp_path: Path):
        (tmp_path / ".env").write_text("LOCUM_API_PORT=x")
        with pytest.raises(SettingsError, match=r"LOCUM_API_PORT \(from .*\.env\)"):
            read_settings({}, directory=tmp_path)


class TestPublished:
    def test_secrets_are_asterisks(self):
        view = public_view(read_settings({"PREFECT_SERVER_API_AUTH_STRING": "me:hush"}))
        assert view["server"]["api"]["auth_string"] == "**********"

    def test_extensions_are_left_out(self):
        view = public_view(read_settings({}))
        assert "body_limit" not in view["server"]["api"]
        assert "loops" not in view["server"]
