import pytest

from pibench.engine import RUNTIMES, find_runtime
from pibench.errors import RuntimeMissingError

# This file also puts its folder on the path, where codec/ finds tflite_reference.


@pytest.fixture(params=RUNTIMES)
def runtime(request):
    """Each runtime's name; tests are skipped for those not installed."""
    try:
        return find_runtime(request.param).name
    except RuntimeMissingError as error:
        pytest.skip(str(error))
