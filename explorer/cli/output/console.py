"""Where the terminal is written to."""

from __future__ import annotations

from rich.console import Console

out = Console()
err = Console(stderr=True)
