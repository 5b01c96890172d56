"""The fixtures of tests/fuzz."""

from tests.fuzz.conftest import prober, target

__all__ = ["prober", "target"]
