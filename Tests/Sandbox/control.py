"""The control protocol as its bytes are, so that older and stranger front ends can be played. Source: ControlMessage.swift."""
import os
import socket
import struct


class Control:
    """A connection to a task's monitor."""

    def __init__(self, caisson, task, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(timeout)
        directory = os.open(caisson.state / "tasks" / task.id, os.O_RDONLY)
        try:
            self.socket.connect(f"/proc/self/fd/{directory}/control")
        finally:
            os.close(directory)

    def send(self, data):
        self.socket.send(data)

    def ask(self, data):
        """Sends a message; its answer as (kind, value), None if the monitor hung up."""
        self.send(data)
        return self.answer()

    def answer(self):
        data = self.socket.recv(1 << 17)
        if not data:
            return None
        version, kind = struct.unpack_from("<HB", data)
        assert version == 1
        if kind == 2:
            return "progress", struct.unpack_from("<Q", data, 3)[0]
        if kind == 5:
            return "refused", data[7:].decode()
        return {1: "started", 3: "ended", 4: "done"}[kind], None

    def input(self, data):
        return self.ask(struct.pack("<HBI", 1, 4, len(data)) + data)

    def close(self):
        self.socket.close()


STATE = struct.pack("<HB", 1, 6)
END_OF_INPUT = struct.pack("<HB", 1, 5)
ROOM = struct.pack("<HB", 2, 9)


def resize(rows, columns):
    return struct.pack("<HBHH", 2, 7, rows, columns)


def terminate(signal=15):
    return struct.pack("<HBi", 1, 2, signal) + b"\0" + struct.pack("<I", 4) + b"stop" + struct.pack("<I", 1) + b"x"
