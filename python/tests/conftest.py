"""What many tests share."""

import os
import shutil

import pytest
from songs import samples, wav

import genrefold


@pytest.fixture(scope="session")
def song() -> bytes:
    return wav(samples())


@pytest.fixture(scope="session")
def classifier() -> genrefold.Classifier:
    return genrefold.Classifier()


@pytest.fixture(scope="session")
def program() -> str:
    """The command line: what GENREFOLD names, or what is on the path."""
    found = os.environ.get("GENREFOLD") or shutil.which("genrefold")
    if not found:
        pytest.skip("no command line: GENREFOLD=target/release/genrefold names it")
    return found
