"""Standards that live in a folder of the tests, beside the repository's own JSON Schemas."""

from __future__ import annotations

import shutil
from pathlib import Path

from policestats.catalog import Catalog, load_catalog
from tests.support.ledger import ROOT


def definitions(folder: Path, root: Path) -> Catalog:
    """Return the catalog of the only standard under ``folder``, copied to ``root`` with the repository's schemas/meta beside it."""
    for part in ("schemas", "report_templates", "expectations"):
        shutil.copytree(folder / part, root / part)
    (root / "schemas" / "meta").symlink_to(ROOT / "schemas" / "meta")
    (standard,) = (path.parent.name for path in (folder / "schemas").glob("*/standard.yaml"))
    return load_catalog(root, standard)
