"""Where the golden cases are, and no live comparison where there is no torch."""

import importlib.util
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))

collect_ignore = [] if importlib.util.find_spec("torch") else ["test_torch_live.py"]
