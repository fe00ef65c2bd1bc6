"""The papers of a few records, joined as an update joins them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from explorer.builds.update_plan import join_papers
from explorer.papers.paper import Paper
from explorer.papers.spill_file import SpillFile
from explorer.papers.table import PaperTable


def identify(readings: Sequence[Paper], stored: Sequence[Paper] = ()) -> list[Paper]:
    """Return one record for each distinct paper of ``readings`` and ``stored``, by their ids."""
    with tempfile.TemporaryDirectory() as folder:
        made = SpillFile(Path(folder))
        return list(
            join_papers(
                PaperTable.from_papers(readings), PaperTable.from_papers(stored), made, prune=False
            ).papers
        )
