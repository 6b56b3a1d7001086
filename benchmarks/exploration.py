"""CPU seconds and memory of the exploration: each question, and `storecast explore` as a whole process."""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import arguments, cpu_of


def main() -> None:
    """Print a line for each question, then the whole command with its limits."""
    data = arguments(__doc__).data
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [str(Path(sys.executable).with_name("storecast")), "explore", "--data", str(data), "--out", folder]
        subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        size = (Path(folder) / "report.html").stat().st_size / 1e6
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    from storecast.exploration.registry import ask, questions
    from storecast.exploration.shared.adjusted import adjust
    from storecast.workflows import prepare

    panel = prepare(data, horizon=None, allow_longer_test=True).panel
    print("step,CPU seconds,estimates")
    print(f"calendar adjustment,{cpu_of(lambda: adjust(panel))[0]:.2f},")
    for key, question in questions().items():
        seconds, answer = cpu_of(lambda question=question: ask(panel, question))  # type: ignore[misc]
        print(f"{key},{seconds:.2f},{'not answered' if isinstance(answer, str) else answer.height}")
    print("# the whole command, limits in brackets")
    print(f"# {whole:.1f} CPU seconds (90), {after.ru_maxrss / 2**20:.2f} GiB (3), report.html {size:.1f} MB (8)")


if __name__ == "__main__":
    main()
