"""`python -m jaxrnn.cli` is the command line too."""

import sys

from jaxrnn.cli.app import main

sys.exit(main())
