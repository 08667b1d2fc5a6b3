"""Write the executed notebook beside each py:percent file: ``python notebooks/execute.py [FILE.py …]``.

Cell ids and metadata do not depend on the machine, so that a new run changes only outputs that changed.
"""

import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
METADATA = {
    "jupytext": {"formats": "ipynb,py:percent"},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
}

for source in map(Path, sys.argv[1:] or sorted(FOLDER.glob("*.py"))):
    if source.resolve() == Path(__file__).resolve():
        continue
    notebook = jupytext.read(source)
    NotebookClient(notebook, timeout=1200, kernel_name="python3", coalesce_streams=True).execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell["id"], cell["metadata"] = f"cell-{number}", nbformat.from_dict({})
        for output in cell.get("outputs", []):  # sliders need a kernel, and carry random names
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    nbformat.write(notebook, source.with_suffix(".ipynb"))
    print(source.with_suffix(".ipynb"))
