"""Decompression alone: read every file below the folders and inflate it. `inflate.py deflate|isal FOLDER...`

libdeflate takes a file as a whole; igzip in pieces that stay in the processor's cache, which is its fastest way.
"""

import gzip
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PIECE = 16 << 10


def libdeflate() -> Callable[[bytes], object]:
    """Inflates one file."""
    module: Any = importlib.import_module("deflate")

    def inflate(data: bytes) -> object:
        try:
            return module.gzip_decompress(data, int.from_bytes(data[-4:], "little"))
        except module.DeflateError:  # more than one member
            return gzip.decompress(data)

    return inflate


def igzip() -> Callable[[bytes], object]:
    """Inflates one file, keeping nothing."""
    module: Any = importlib.import_module("isal.isal_zlib")

    def inflate(data: bytes) -> object:
        stream = module.decompressobj(31)
        for start in range(0, len(data), PIECE):
            stream.decompress(data[start : start + PIECE])
        return inflate(stream.unused_data) if stream.unused_data.startswith(b"\x1f\x8b") else None

    return inflate


def main() -> None:
    library, *folders = sys.argv[1:]
    inflate = libdeflate() if library == "deflate" else igzip()
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.json.gz")):
            inflate(path.read_bytes())


main()
