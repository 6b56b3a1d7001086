#!/bin/sh
# skops 0.16.0 with scikit-learn 1.9.1: what does a program load that only wants to read one small model file?
#
# Guess: `from skops import io` loads skops, and of scikit-learn no more than the base modules it needs itself. Estimators
#   come in when a file names them.
# Seen: the import alone loads every public estimator of scikit-learn, to list them all as trusted: manifold learning, neural networks and
#   mixtures, too, 440 modules where `import sklearn.tree` loads 242. A service that starts a fresh process for each model file
#   pays for that each time, before the file is opened.
#
# Needs Python 3.11 or newer and an index of packages; installs into a temporary folder, which it removes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check skops==0.16.0 scikit-learn==1.9.1 >/dev/null
cat > "$folder/count.py" <<'PY'
import subprocess
import sys

OTHERS = ("sklearn.manifold", "sklearn.neural_network", "sklearn.mixture", "sklearn.gaussian_process")
COUNT = f"import sys; print(sum(n.split('.')[0] == 'sklearn' for n in sys.modules), sum(n in sys.modules for n in {OTHERS}))"


def loaded(code):
    out = subprocess.run([sys.executable, "-c", f"{code}; {COUNT}"], check=True, capture_output=True, text=True)
    return [int(word) for word in out.stdout.split()]


tree, skops = loaded("import sklearn.tree"), loaded("from skops import io")
print(f"modules of scikit-learn: {tree[0]} after import sklearn.tree, {skops[0]} after from skops import io")
print(f"of {len(OTHERS)} families that no tree needs: {tree[1]} and {skops[1]}")
assert skops[0] > 1.5 * tree[0] and skops[1] == len(OTHERS) > tree[1], "skops no longer loads all of scikit-learn"
PY
"$folder/venv/bin/python" "$folder/count.py"
