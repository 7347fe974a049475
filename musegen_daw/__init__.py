"""musegen-daw: drums that listen to the part, beside the DAW."""

__version__ = "0.1.0"
