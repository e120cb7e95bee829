"""Failed assertions of the shared suite are shown in full, as if they stood in the test files themselves."""

import pytest

pytest.register_assert_rewrite("calendar_contract")
