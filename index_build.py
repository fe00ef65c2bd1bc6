"""Build or update the library from digests: ``python index_build.py [DIGEST_OR_FOLDER ...]``.

The same as ``explorer build``; see ``--help``.
"""

import sys

from explorer.cli import main

if __name__ == "__main__":
    sys.exit(main(["build", *sys.argv[1:]]))
