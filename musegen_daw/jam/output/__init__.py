"""From patterns to notes at the port: performed, scheduled, sent, and always ended."""
