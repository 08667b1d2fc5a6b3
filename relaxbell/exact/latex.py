"""Words in formulas."""

import re


def text_latex(words: str) -> str:
    """Return words as they are, in LaTeX; a capital with a number as a symbol with an index."""
    if found := re.fullmatch(r"([A-Z])_?(\d+)", words):
        return f"{found[1]}_{{{found[2]}}}"
    plain = "".join(rf"\{c}" if c in "#$%&_{}" else c for c in words.replace("\\", " ").replace("->", "→"))
    return rf"\text{{{plain}}}"
