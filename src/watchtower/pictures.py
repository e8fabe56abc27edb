"""Pictures in files: the library that draws them, its fonts, and what is said where a file cannot be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from watchtower.errors import UsageError, install

_CHINESE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei", "PingFang SC", "Microsoft YaHei", "SimHei", "Noto Serif CJK SC",
)  # fmt: skip


def matplotlib() -> Any:
    """The library, set up to draw into files. Raises UsageError with the command that installs it."""
    try:
        import matplotlib as library
    except ImportError:
        raise UsageError(
            f"pictures need matplotlib, which is not installed here: {install('plot')}"
        ) from None
    library.use("Agg")
    return library


def chinese_fonts() -> list[str]:
    """Fonts of this machine that have Chinese signs, the best first."""
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in _CHINESE if name in there]


def save(figure: Any, file: Path, **how: Any) -> None:
    """Writes the figure and forgets it. Raises UsageError where the file cannot be written."""
    from matplotlib import pyplot

    try:
        figure.savefig(file, **{"dpi": 130, **how})
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be written: {error}") from None
    finally:
        pyplot.close(figure)
