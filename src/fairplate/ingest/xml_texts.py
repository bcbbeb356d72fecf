"""XML within limits, as the same dicts and lists that JSON becomes.

An element is a dict of its attributes and children by local name; one of text alone is that text,
and text beside attributes stands under `TEXT`. Children of one name become a list. Document types,
and with them entities, are refused.
"""

from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from fairplate.ingest.limits import MAX_DEPTH, MAX_ITEMS
from fairplate.ingest.vendor import PayloadError

TEXT = "#text"


class _ExcessError(Exception):
    """A limit is passed."""

    def __init__(self, limit: str) -> None:
        self.limit = limit


class _TreeBuilder:
    """Takes expat's events; holds the elements that are open, innermost last."""

    def __init__(self) -> None:
        self._open: list[tuple[dict[str, Any], list[str]]] = [({}, [])]
        self._count = 0

    def start(self, _tag: str, attributes: dict[str, str]) -> None:
        self._count += 1 + len(attributes)
        if self._count > MAX_ITEMS:
            raise _ExcessError(f"at most {MAX_ITEMS} elements")
        if len(self._open) > MAX_DEPTH:
            raise _ExcessError(f"at most {MAX_DEPTH} levels")
        self._open.append(({_local(key): value for key, value in attributes.items()}, []))

    def data(self, text: str) -> None:
        self._open[-1][1].append(text)

    def end(self, tag: str) -> None:
        children, texts = self._open.pop()
        text = "".join(texts).strip()
        value: Any = text
        if children:
            value = {**children, TEXT: text} if text else children
        parent, name = self._open[-1][0], _local(tag)
        if name not in parent:
            parent[name] = value
        elif isinstance(parent[name], list):
            parent[name].append(value)
        else:
            parent[name] = [parent[name], value]

    def close(self) -> dict[str, Any]:
        return self._open[0][0]


def parse_xml(text: str, *, vendor: str, field: str = "body") -> dict[str, Any]:
    """Return {root: value}; raise PayloadError unless it is XML within the limits."""
    builder = _TreeBuilder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    try:
        # Text, so that expat does not look at the encoding that the text once had.
        parser.feed(text.lstrip("\ufeff \t\r\n"))
        parser.close()
    except _ExcessError as excess:
        raise PayloadError(vendor, field, expected=excess.limit, found="more") from None
    except DefusedXmlException:
        expected = "XML without a document type"
        raise PayloadError(vendor, field, expected=expected, found="one with it") from None
    except (ParseError, ValueError):  # ValueError: a lone surrogate
        raise PayloadError(vendor, field, expected="XML", found="another text") from None
    return builder.close()


def _local(tag: str) -> str:
    return tag.rsplit("}", maxsplit=1)[-1]
