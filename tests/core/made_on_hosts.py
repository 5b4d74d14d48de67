"""`made_on_devices` by many processes, the first of which writes: `python made_on_hosts.py PORT I COUNT OUT [FIT]`."""

import sys
from pathlib import Path

import numpy as np

from sgmbench.core.hosts import is_lead, join

sys.path.append(str(Path(__file__).parent))


def main() -> None:
    port, number, count, *files = sys.argv[1:]
    join(f"127.0.0.1:{port}", int(number), int(count))
    import made_on_devices

    if not is_lead():
        np.savez = lambda *arguments, **arrays: None
    sys.argv[1:] = files
    made_on_devices.main()


if __name__ == "__main__":
    main()
