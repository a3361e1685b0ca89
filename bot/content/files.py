"""Where content comes from: a folder, the wheel, the checkout or a stored revision; always path -> text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

import bot
from bot.errors import ContentError, Fault, NotAllowed

ROOMS: Mapping[str, str] = {"campaigns": ".yaml", "templates": ".j2", "config": ".yaml"}
"""The data rooms, and how the files that count end in each."""

_NOT_CONTENT = frozenset({"README.md", "campaign.schema.json"})
_LARGEST_FILE = 256 * 1024


@dataclass(frozen=True)
class Files(Mapping[str, str]):
    """Content as text: "campaigns/flu.yaml" -> its lines. `faults` are files that could not be read."""

    texts: Mapping[str, str]
    source: str
    faults: tuple[Fault, ...] = ()

    def __getitem__(self, path: str) -> str:
        return self.texts[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def under(self, folder: str) -> list[str]:
        """The paths below `folder`, in order."""
        return sorted(path for path in self.texts if path.startswith(f"{folder}/"))


def home(explicit: Path | None) -> Path:
    """The folder of the content in use, for who writes into it; NotAllowed where that is the wheel's."""
    if explicit is not None:
        return explicit
    if (resources.files(bot) / "_content").is_dir():
        raise NotAllowed(
            "The content in use is the installed program's own.",
            "Copy campaigns/, templates/ and config/ into a folder, and name it with --folder.",
        )
    return Path(bot.__file__).resolve().parent.parent


def locate(explicit: Path | None) -> Files:
    """The content in use: the folder named ($THINKFAMILY_CONTENT), else the wheel's, else the checkout's.

    Raises ContentError when there is no content there; files that cannot be read are in `faults`.
    """
    if explicit is not None:
        return _read(explicit, str(explicit))
    inside = resources.files(bot) / "_content"
    if inside.is_dir():
        return _read(inside, "the installed package")
    return _read(home(None), "the checkout")


def save(root: Path, texts: Mapping[str, str]) -> None:
    """Write these files below `root`, each whole or not at all."""
    for path, text in texts.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.new")  # a hidden file is no content
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(file)


def _read(root: Traversable, source: str) -> Files:
    """The three rooms below `root`."""
    missing = [room for room in ROOMS if not (root / room).is_dir()]
    if missing:
        message = f"There is no {', '.join(missing)} here. Name the folder that holds {', '.join(ROOMS)}."
        raise ContentError([Fault(source, 1, 1, message)])
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    for room in ROOMS:
        for path, entry in _walk(root / room, PurePosixPath(room)):
            try:
                texts[str(path)] = _text(path, entry)
            except ContentError as error:
                faults += error.faults
    return Files(dict(sorted(texts.items())), source, tuple(faults))


def from_bytes(files: Mapping[str, bytes], source: str) -> Files:
    """The same from paths and what they hold, such as an archive has."""
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    for name, raw in sorted(files.items()):
        path = PurePosixPath(name)
        if any(map(_passed_over, path.parts)):
            continue
        try:
            texts[name] = _decoded(path, raw)
        except ContentError as error:
            faults += error.faults
    return Files(texts, source, tuple(faults))


def _passed_over(name: str) -> bool:
    """Hidden files, editors' copies, and papers."""
    return name.startswith(".") or name.endswith("~") or name in _NOT_CONTENT


def _walk(folder: Traversable, at: PurePosixPath) -> Iterator[tuple[PurePosixPath, Traversable]]:
    """Every file below a folder but hidden ones and papers."""
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if _passed_over(entry.name):
            continue
        if entry.is_dir():
            yield from _walk(entry, at / entry.name)
        else:
            yield at / entry.name, entry


def _text(path: PurePosixPath, entry: Traversable) -> str:
    """A file's text, line ends as \\n, without a byte order mark."""
    try:
        return _decoded(path, entry.read_bytes())
    except OSError as cause:
        raise _fault(path, "The file cannot be read. Check who may read it.") from cause


def _decoded(path: PurePosixPath, raw: bytes) -> str:
    ending = ROOMS[path.parts[0]]
    if path.suffix != ending:
        raise _fault(path, f"Files in {path.parts[0]}/ end in {ending}. Rename this one, or move it away.")
    if len(raw) > _LARGEST_FILE:
        raise _fault(path, f"The file is larger than {_LARGEST_FILE // 1024} kB. Split it.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        line = raw.count(b"\n", 0, cause.start) + 1
        raise _fault(path, "This is not UTF-8. Save the file with the encoding UTF-8.", line) from cause
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _fault(path: PurePosixPath, message: str, line: int = 1) -> ContentError:
    return ContentError([Fault(str(path), line, 1, message)])
