"""A company's front line in Arabic and English: every message understood, routed, answered and kept."""

__version__ = "0.1.0"
