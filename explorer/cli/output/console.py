"""Consoles for standard output and standard error."""

from __future__ import annotations

from rich.console import Console

out = Console()
err = Console(stderr=True)
