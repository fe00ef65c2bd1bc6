"""Check of every file of a library, with advice for each finding.

Nothing is changed and no lock is taken, so it may run during a build or while the page is open.
Each check is independent: if one fails, that is a finding, and the others go on.
"""

from __future__ import annotations

from dataclasses import replace

from explorer.builds.doctor.cache import CacheCheck
from explorer.builds.doctor.disk import Meter, Step, build_running, bytes_to_read, generation_names
from explorer.builds.doctor.findings import (
    Finding,
    Severity,
    damaged,
    guarded,
    next_step,
    note,
    printable,
)
from explorer.builds.doctor.folder import (
    LIVE,
    absence,
    check_desk,
    check_edits,
    check_folder,
    check_live,
    live_generation,
)
from explorer.builds.doctor.generations import (
    advice_where_live,
    advice_where_not_live,
    check_generation,
    leftovers,
)
from explorer.library.store import LibraryStore
from explorer.topics.edits import FILE

__all__ = ["Finding", "Severity", "damaged", "examine", "next_step"]


def examine(library: LibraryStore, progress: Step | None = None) -> list[Finding]:
    """Return the findings about every file of ``library``; it changes nothing.

    ``progress`` is called with (bytes done, bytes in all).
    """
    folder = library.folder
    missing = absence(library)
    if missing is not None:
        return [missing]
    live, live_error = live_generation(library)
    names = generation_names(folder)
    building = build_running(folder)
    meter = Meter(progress, bytes_to_read(folder))
    # The live generation comes first, then from new to old.
    order = sorted(names, key=lambda name: (name == live, name), reverse=True)
    checks = [check_generation(library, name, live, meter) for name in order]
    sound = [check.name for check in checks if check.sound]
    current = live if live in names else "".join(names[-1:])
    way_out = advice_where_live(library, live, checks)
    findings = guarded("library", lambda: check_folder(library, current))
    if building:
        findings.append(note(".lock", "A build is running now."))
    findings += guarded(FILE, lambda: check_edits(library, live in sound))
    findings += guarded("desk", lambda: check_desk(library))
    findings += guarded(LIVE, lambda: [check_live(live, live_error, names, way_out, building)])
    for check in checks:
        advice = way_out if check.name == live else advice_where_not_live(library, check.name)
        findings += [
            replace(f, advice=advice) if f.severity is Severity.DAMAGE and not f.advice else f
            for f in check.findings
        ]
    findings += guarded("generations", lambda: leftovers(folder, building))
    cache = CacheCheck(library, checks, live, building, meter)
    findings += guarded("vectors", cache.check)
    return [replace(f, subject=printable(f.subject), what=printable(f.what)) for f in findings]
