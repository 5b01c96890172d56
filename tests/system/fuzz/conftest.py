"""The fixtures of tests/fuzz."""

from tests.fuzz.conftest import faulty, prober, target

__all__ = ["faulty", "prober", "target"]
