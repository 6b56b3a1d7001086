#!/bin/sh
# distributed 2026.8.0: where are data that were scattered with broadcast=True, a few seconds later, and what is left when one worker dies?
#
# Guess: `client.scatter(data, broadcast=True)` puts a copy on every worker, and each keeps it for as long as the client holds the
#   future. So the data outlive the loss of a worker, and the next task finds them wherever it runs.
# Seen: both workers have a copy at first. After some two seconds one has been dropped: the active memory manager, which is on by default,
#   reduces data that no waiting task needs to one copy. When the worker that has it is killed, the future is cancelled: scattered
#   data are not worked out again, though another worker had them seconds before. The same value made by `client.submit` is
#   worked out again on the other worker.
#
# Who broadcasts a panel of sales before a backtest, and then cleans, plots or waits, has neither the copies nor the safety.
#
# Needs Python 3.11 or newer and an index of packages; installs into a temporary folder, which it removes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check distributed==2026.8.0 >/dev/null
cat > "$folder/copies.py" <<'PY'
import logging
import os
import signal
import time

import distributed
from distributed import Client, LocalCluster

logging.getLogger("distributed").setLevel(logging.CRITICAL)


def copies(client, future):
    return len(client.who_has([future])[future.key])


def panel():
    return {"Store": list(range(1000)), "Sales": [5263.0] * 1000}


def main():
    print("distributed", distributed.__version__)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL) as cluster:
        with Client(cluster) as client:
            (scattered,) = client.scatter([panel()], broadcast=True)
            assert copies(client, scattered) == 2
            print("scattered with broadcast=True: copies at first:", copies(client, scattered))
            time.sleep(6)
            print("copies after six seconds:", copies(client, scattered))
            assert copies(client, scattered) == 1, "copies of scattered data are kept"
            (holder,) = client.who_has([scattered])[scattered.key]
            submitted = client.submit(panel, workers=[holder], allow_other_workers=True)
            submitted.result()
            os.kill(client.run(os.getpid)[holder], signal.SIGKILL)
            time.sleep(6)
            print("after the worker that has it was killed: scattered is", scattered.status, "- submitted is", submitted.status)
            assert scattered.status == "cancelled", "scattered data survived"
            assert submitted.result() == panel()


if __name__ == "__main__":
    main()
PY
cd "$folder"
"$folder/venv/bin/python" "$folder/copies.py"
