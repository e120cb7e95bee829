"""Failed assertions of the shared suite are shown in full, as if they stood in the test files themselves."""

import pytest

for part in ("contract_words", "contract_reading", "contract_writing", "contract_trouble"):
    pytest.register_assert_rewrite(part)

from caldav_site import site  # noqa: E402

__all__ = ["site"]
