"""Tests. Asserts in what they share are shown with their values, as those in the tests are."""

import pytest

pytest.register_assert_rewrite("tests.both")
