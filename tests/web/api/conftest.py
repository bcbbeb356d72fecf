"""People before the application: the same place as for signing in."""

from tests.web.sign_in.conftest import make_place, place

__all__ = ["make_place", "place"]
