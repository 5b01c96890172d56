"""The fixtures of tests/build."""

from tests.build.conftest import dist

__all__ = ["dist"]
