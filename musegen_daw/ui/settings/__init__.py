"""The Settings panel, with routing help, diagnostics, keys and licences."""
