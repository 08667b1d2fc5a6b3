"""All public names, with those of the namespaces, as one writes them after ``rb.``."""

import inspect

import relaxbell as rb


def public():
    """Return {name: object}, such as ``bell`` and ``boxes.pr``."""
    found = {}
    for name in rb.__all__:
        value = getattr(rb, name)
        if inspect.ismodule(value):
            found |= {f"{name}.{own}": getattr(value, own) for own in value.__all__}
        elif name != "__version__":
            found[name] = value
    return found


PUBLIC = public()
