"""The contract suite over every cell and wrapper."""

import pytest

from jaxrnn.testing import CELL_LAWS
from tests.subjects import EVERY_CELL


@pytest.mark.parametrize("cell", EVERY_CELL, ids=repr)
@pytest.mark.parametrize("law", CELL_LAWS, ids=lambda law: law.__name__)
def test_cell_keeps(law, cell):
    law(cell, 3)  # each law asserts: see check_cell
