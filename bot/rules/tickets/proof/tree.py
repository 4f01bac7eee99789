"""The Merkle tree over the heads of all journals: it only grows, and a root costs the leaves that are new."""

from collections.abc import Sequence

from storage.records import JournalKey, Leaf, MacAlgorithm


def grown(peaks: Sequence[str], count: int, leaves: Sequence[Leaf], key: JournalKey, used: MacAlgorithm) -> list[str]:
    """Return the peaks after `leaves` were added to a tree of `count` leaves: new leaves are hashed, nothing else."""
    grown = list(peaks)
    for place, leaf in enumerate(leaves, count):
        text = f"leaf\n{place}\n{leaf.ticket_id}\n{leaf.seq}\n{leaf.head}\n{leaf.plain}"
        top, size = key.mac(text.encode(), used), place
        while size & 1:
            top, size = key.mac(f"node\n{grown.pop()}\n{top}".encode(), used), size >> 1
        grown.append(top)
    return grown


def root_of(peaks: Sequence[str], leaves: int, lines: int, key: JournalKey, used: MacAlgorithm) -> str:
    """Return the root over the peaks; it binds how many leaves and lines there are."""
    top = peaks[-1]
    for peak in reversed(peaks[:-1]):
        top = key.mac(f"node\n{peak}\n{top}".encode(), used)
    return key.mac(f"root\n{leaves}\n{lines}\n{top}".encode(), used)
