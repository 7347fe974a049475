"""The favourite styles of all style browsers, kept in the settings."""

from __future__ import annotations

from musegen_daw.ui.settings.store import AppSettings, SettingsStore
from musegen_daw.ui.widgets.style_browser import StyleBrowser


def share_favourites(browser: StyleBrowser, settings: SettingsStore) -> None:
    """Show the favourites of the settings in a browser, and keep there what is changed in it."""

    def show(current: AppSettings) -> None:
        browser.set_favourites(frozenset(current.favourite_styles))

    show(settings.current)
    settings.changed.connect(show)
    browser.favourites_changed.connect(lambda names: settings.change(favourite_styles=tuple(sorted(names))))
