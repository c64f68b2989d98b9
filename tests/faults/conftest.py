"""A run that nobody disturbs, and one that was killed, for many tests."""

import shutil

import pytest

from jaxrnn.runs.digest import run_digest
from tests.faults.running import KILLED, SHORT, run


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """The folder of a run from its beginning to its end."""
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    assert run(*SHORT, "--out", out).code == 0
    return out


@pytest.fixture(scope="session")
def digest(undisturbed):
    """What every run of `SHORT` has to become, whatever happens to it."""
    return run_digest(undisturbed)


@pytest.fixture(scope="session")
def _killed(tmp_path_factory):
    out = tmp_path_factory.mktemp("killed") / "run"
    assert run(*SHORT, "--out", out, fault="before_temporary:4").code == KILLED
    return out


@pytest.fixture
def killed(_killed, tmp_path):
    """A copy of a run that was killed before its save of step 9: there are 5 (the best) and 6."""
    return shutil.copytree(_killed, tmp_path / "killed")
