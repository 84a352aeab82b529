"""Showing it: on the terminal, as Markdown, CSV and a page."""
