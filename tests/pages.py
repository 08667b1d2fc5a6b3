"""What every page for colleagues has to be: well formed, whole in itself, and its certificates true."""

import base64
import itertools
import re
from html.parser import HTMLParser

from relaxbell.verify import verify_file

VOID = {"meta", "br", "hr", "img", "input", "link", "area", "base", "col", "embed", "source", "track", "wbr"}
EMPTY_SHAPES = {"path", "rect", "ellipse", "polygon", "polyline", "circle"}


class Page(HTMLParser):
    """A page, each of whose tags is closed where it has to be."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.words = [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), "an attribute twice"
        self.elements.append((tag, dict(attributes), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        assert tag in EMPTY_SHAPES
        self.elements.append((tag, dict(attributes), tuple(self.open)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes, _ in self.elements if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    @property
    def files(self):
        """The certificates by the names under which they are saved."""
        links = [a for a in self.all("a") if "download" in a]
        return {a["download"]: base64.b64decode(a["href"].partition(",")[2], validate=True) for a in links}


def checked(text):
    """Return a page after the checks that hold for each."""
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>")
    assert page.all("html") == [{"lang": "en"}]
    assert {"charset": "utf-8"} in page.all("meta")
    assert any(own.get("name") == "viewport" for own in page.all("meta"))
    tags = {tag for tag, _, _ in page.elements}
    assert not tags & {"script", "link", "iframe", "object", "embed", "img", "form", "base"}
    for _, attributes, _ in page.elements:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("href", "src", "xlink:href", "action"):
            value = attributes.get(name, "#")
            assert value.startswith(("#", "data:application/json;base64,")), value
    assert "url(" not in text
    assert "@import" not in text
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes, above in page.elements:
        if tag == "svg" and "svg" not in above:
            assert attributes["role"] == "img"
            assert attributes["aria-label"]
        for name in ("aria-labelledby", "href"):
            if attributes.get(name, "").startswith("#") or (name == "aria-labelledby" and name in attributes):
                assert attributes[name].lstrip("#") in ids
    levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), "no level is skipped"
    return page


def verified(page, folder):
    """Save what can be saved from a page and check it, as its reader would; return what it proves, by name."""
    found = {}
    for name, data in page.files.items():
        (folder / name).write_bytes(data)
        found[name] = verify_file(folder / name)
    return found
