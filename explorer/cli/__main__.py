"""``python -m explorer.cli`` is ``explorer``."""

import sys

from explorer.cli import main

sys.exit(main())
