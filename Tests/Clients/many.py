"""Thousands of ended tasks in no time: the directory of one that ran, under other names and with other starts."""

import os
import re
import secrets
import struct

PRIME, MASK = 0x0000_0100_0000_01B3, (1 << 64) - 1


def checksum(data):
    """Of a record's frame. Source: Sources/Records/Envelope.swift."""
    total, whole = 0xCBF2_9CE4_8422_2325, len(data) // 8
    for word in struct.unpack_from(f"<{whole}Q", data):
        total = (total ^ word) * PRIME & MASK
        total ^= total >> 29
    for byte in data[whole * 8 :]:
        total = (total ^ byte) * PRIME & MASK
    return total


class Original:
    """The files of an ended task."""

    def __init__(self, directory):
        self.directory = directory
        self.files = [path.name for path in directory.iterdir() if path.name != "record"]
        self.contents = (directory / "record").read_bytes()[:-8]
        self.id = directory.name.encode()
        self.before, self.after = self.contents.split(self.id)

    def copy(self, earlier):
        """One more task; the earlier it is to have started, in nanoseconds."""
        name = secrets.token_hex(16)
        contents = self.before + name.encode() + self.shifted(earlier)
        place = self.directory.with_name(name)
        place.mkdir(mode=0o700)
        (place / "record").write_bytes(contents + struct.pack("<Q", checksum(contents)))
        for file in self.files:
            os.link(self.directory / file, place / file)
        return name

    def shifted(self, earlier):
        """The fields after the name; the start is the number that follows the digest of 64 digits. Source: TaskRecord.swift."""
        end = re.search(rb"\x40\0\0\0[0-9a-f]{64}", self.after).end()
        (start,) = struct.unpack_from("<q", self.after, end)
        return self.after[:end] + struct.pack("<q", start - earlier) + self.after[end + 8 :]


def copies(directory, count):
    """Copies an ended task: the new names, the newest first."""
    original = Original(directory)
    return [original.copy(number * 1000) for number in range(1, count + 1)]
