"""The settings: typed, frozen, read once at start from the environment and handed down."""

from locum.infra.settings.published import public_view
from locum.infra.settings.reading import SettingsError, read_settings
from locum.infra.settings.server import Settings

__all__ = ["Settings", "SettingsError", "public_view", "read_settings"]
