"""What a task printed: every byte, when it comes, from wherever one asks for it."""

import base64
import os
import time

import pytest

import host

EVERY_BYTE = r"i=0; while [ $i -lt 256 ]; do printf \\$(printf %03o $i); i=$((i+1)); done"


def raw(result):
    assert result["output"]["encoding"] == "base64"
    return base64.b64decode(result.output, validate=True)


def read_raw(server, task, **more):
    """The whole output of an ended task, piece by piece, with the offsets checked."""
    data, offset = b"", 0
    while True:
        result = server.read(task, offset=offset, encoding="base64", **more)
        piece = raw(result)
        assert result["output"]["offset"] == offset and result["output"]["next_offset"] == offset + len(piece)
        data += piece
        offset += len(piece)
        if not result["output"]["more"]:
            assert result["output"]["total_bytes"] == len(data)
            return data
        assert piece, "there is more, and nothing came"


# --- Bytes

def test_every_byte_comes_back_in_base64(server):
    task = server.run("sh", "-c", EVERY_BYTE)["task_id"]
    assert read_raw(server, task) == bytes(range(256))


@pytest.mark.parametrize("size", [1, 7, 4096, 65_536, 1_048_576])
def test_random_bytes_come_back_in_pieces_of_any_size(server, workspace, size):
    data = os.urandom(3_000 if size < 4096 else 300_000)
    (workspace / "data").write_bytes(data)
    task = server.run("cat", "data")["task_id"]
    assert read_raw(server, task, max_bytes=size) == data


def test_control_characters_are_shown_and_not_sent(server):
    result = server.run("sh", "-c", EVERY_BYTE)
    text = result.output
    assert "\\x00" in text and "\\x1b" in text and "\\x7f" in text and "\\x80" in text and "\\xff" in text
    assert "\t" in text and "\n" in text
    assert not any(ord(character) < 32 and character not in "\t\n" or ord(character) == 127 for character in text)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        (b"a\rb", "a\\x0db"),
        (b"\xe2\x80\xae turned", "\\u{202e} turned"),
        (b"\xe2\x80\xa8", "\\u{2028}"),
        (b"\xc3\xa4\xff\xc3", "ä\\xff\\xc3"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        (b"\xc2\x85", "\\x85"),
        ("äöü€😀".encode(), "äöü€😀"),
        ("👩‍👩‍👧".encode(), "👩‍👩‍👧"),
    ],
)
@pytest.mark.claim("S-29")
def test_bytes_become_text_that_does_nothing_to_a_terminal(server, workspace, data, text):
    (workspace / "data").write_bytes(data)
    result = server.run("cat", "data")
    assert result.output == text
    assert result["output"]["next_offset"] == len(data), "offsets count bytes as they were written"


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 64])
def test_no_read_splits_a_character(server, workspace, size):
    text = "aä€😀" * 8
    (workspace / "data").write_text(text)
    task = server.run("cat", "data")["task_id"]
    offset, pieces = 0, []
    while offset < len(text.encode()):
        output = server.read(task, offset=offset, max_bytes=size)["output"]
        assert output["offset"] == offset and output["next_offset"] == offset + len(output["text"].encode())
        pieces.append(output["text"])
        offset = output["next_offset"]
    assert "".join(pieces) == text


def test_half_a_character_at_the_end_is_all_there_is(server, workspace):
    (workspace / "data").write_bytes(b"a\xe2\x82")
    result = server.run("cat", "data")
    assert result.output == "a\\xe2\\x82" and result["output"]["next_offset"] == 3


# --- Streams

def test_streams_are_kept_apart_and_in_order(server):
    script = "for i in 1 2 3; do echo o$i; sleep 0.1; echo e$i >&2; sleep 0.1; done"
    task = server.run("sh", "-c", script)["task_id"]
    for stream, text in {"stdout": "o1\no2\no3\n", "stderr": "e1\ne2\ne3\n", "both": "o1\ne1\no2\ne2\no3\ne3\n"}.items():
        output = server.read(task, stream=stream, offset=0)["output"]
        assert output["text"] == text and output["stream"] == stream
        assert (output["offset"], output["next_offset"], output["total_bytes"]) == (0, len(text), len(text))
        middle = server.read(task, stream=stream, offset=3)["output"]
        assert middle["text"] == text[3:] and middle["offset"] == 3


def test_each_stream_has_a_place_of_its_own(server):
    task = server.start("sh", "-c", "sleep 0.5; echo out; echo err >&2; sleep 60")
    while len(server.read(task, offset=0).output) < 8:
        pass
    assert server.read(task, stream="stdout").output == "out\n"
    assert server.read(task, stream="stderr").output == "err\n"
    assert sorted(server.read(task).output.split()) == ["err", "out"]
    for stream in ("stdout", "stderr", "both"):
        assert server.read(task, stream=stream).output == ""


def test_merge_stderr_keeps_the_order_of_writing(server):
    script = "i=0; while [ $i -lt 1000 ]; do echo $i; i=$((i+1)); echo $i >&2; i=$((i+1)); done"
    result = server.run("sh", "-c", script, merge_stderr=True)
    assert result.output == "".join(f"{number}\n" for number in range(1000))
    assert server.read(result["task_id"], stream="stderr", offset=0).output == ""


def test_reading_at_an_offset_does_not_move_the_place(server):
    task = server.start("sh", "-c", "sleep 0.5; echo text; sleep 60")
    while not server.read(task, offset=0).output:
        pass
    server.read(task, offset=2)
    server.read(task, tail=1)
    assert server.read(task).output == "text\n"


def test_reading_beyond_the_end_gives_nothing_and_says_where_the_end_is(server):
    task = server.run("echo", "abc")["task_id"]
    output = server.read(task, offset=1000)["output"]
    assert output["text"] == "" and output["total_bytes"] == 4 and not output["more"]
    assert server.read(task, offset=2**63 - 1)["output"]["text"] == ""


def test_max_bytes_is_a_limit_and_more_says_so(server):
    task = server.run("seq", "1", "1000")["task_id"]
    output = server.read(task, offset=0, max_bytes=10)["output"]
    assert output["text"] == "1\n2\n3\n4\n5\n" and output["more"] and output["next_offset"] == 10


@pytest.mark.parametrize("lines", [1, 2, 10, 99_999])
def test_tail_gives_the_last_lines(server, lines):
    task = server.run("seq", "1", "500")["task_id"]
    expected = [str(number) for number in range(1, 501)][-lines:]
    assert server.read(task, tail=lines).output.splitlines() == expected


def test_a_last_line_without_an_end_is_a_line(server):
    task = server.run("printf", "one\\ntwo\\nthree")["task_id"]
    assert server.read(task, tail=2).output == "two\nthree"


# --- The cap

def test_the_first_and_the_last_half_stay_and_the_middle_is_counted(serve):
    """limits.output = 64 KiB; a million bytes were written, and the writer was never held up."""
    server = serve("small-record")
    task = server.run("sh", "-c", "seq -w 1 142857", timeout_ms=50_000)["task_id"]
    whole = "".join(f"{number:06}\n" for number in range(1, 142858)).encode()
    head = server.read(task, stream="stdout", offset=0, encoding="base64", max_bytes=1 << 20)
    assert head["exit_code"] == 0 and head["output"]["total_bytes"] == len(whole) == 999_999
    data, offset = raw(head), head["output"]["next_offset"]
    assert data == whole[: len(data)] and len(data) > 10_000
    dropped = 0
    while offset < len(whole):
        output = server.read(task, stream="stdout", offset=offset, encoding="base64", max_bytes=1 << 20)["output"]
        piece = base64.b64decode(output["text"])
        dropped += output["dropped_bytes"]
        begin = output["next_offset"] - len(piece)
        assert piece == whole[begin : output["next_offset"]]
        assert output["next_offset"] > offset
        offset = output["next_offset"]
        data += piece
    assert dropped + len(data) == len(whole)
    assert 40_000 < len(data) <= 70_000
    assert server.read(task, tail=1).output == "142857\n"


def test_a_reader_that_goes_on_learns_of_the_gap(serve):
    server = serve("small-record")
    begun = server.run("sh", "-c", "seq -w 1 142857", timeout_ms=50_000)
    dropped, result = begun["output"]["dropped_bytes"], begun
    while result["output"]["more"]:
        result = server.read(begun["task_id"])
        dropped += result["output"]["dropped_bytes"]
    assert dropped > 900_000
    assert "142857\n" in result.output


# --- Time

def test_a_read_comes_back_with_the_output_at_once(server):
    task = server.start("sh", "-c", "sleep 1; echo now; sleep 60")
    begun = time.monotonic()
    assert server.read(task, timeout_ms=50_000).output == "now\n"
    assert time.monotonic() - begun < 20


def test_a_read_comes_back_at_the_end(server):
    task = server.start("sleep", "1")
    result = server.read(task, timeout_ms=50_000)
    assert result["status"] == "exited" and result.output == ""


def test_a_read_comes_back_when_its_time_is_over(server):
    task = server.start("sleep", "60")
    begun = time.monotonic()
    result = server.read(task, timeout_ms=700)
    assert result["status"] == "running" and result.output == ""
    assert 0.7 <= time.monotonic() - begun < 20


def test_a_read_without_a_time_does_not_wait(server):
    task = server.start("sleep", "60")
    begun = time.monotonic()
    assert server.read(task)["status"] == "running"
    assert time.monotonic() - begun < 5


def test_a_read_of_one_stream_is_not_woken_by_the_other(server):
    task = server.start("sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do sleep 0.1; echo out; done; echo err >&2; sleep 60")
    assert server.read(task, stream="stderr", timeout_ms=30_000).output == "err\n"
    begun = time.monotonic()
    assert server.read(task, stream="stderr", timeout_ms=700).output == ""
    assert time.monotonic() - begun >= 0.7


def test_a_read_by_one_reader_waits_while_another_has_read(server):
    task = server.start("sh", "-c", "sleep 0.5; echo text; sleep 60")
    assert server.read(task, timeout_ms=20_000, reader="a").output == "text\n"
    begun = time.monotonic()
    assert server.read(task, timeout_ms=800, reader="a").output == ""
    assert time.monotonic() - begun >= 0.8
    assert server.read(task, timeout_ms=20_000, reader="b").output == "text\n"


def test_many_reads_of_one_task_are_all_woken(server):
    task = server.start("sh", "-c", "sleep 1.5; echo text")
    numbers = [server.begin("read_output", task_id=task, timeout_ms=50_000, reader=f"r{count}") for count in range(30)]
    assert [server.finish(number).output for number in numbers] == ["text\n"] * 30


def test_runtime_and_times_are_told(server):
    result = server.run("sleep", "1")
    assert 900 < result["runtime_ms"] < 30_000
    assert result["started_at"] < result["ended_at"] and result["ended_at"].endswith("Z")


# --- The end

@pytest.mark.parametrize("name", ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2"])
def test_force_terminate_sends_the_signal_that_was_asked_for(server, name):
    begun = server.run("sh", "-c", f"trap 'echo got {name}; exit 5' {name}; echo ready; while :; do :; done", wait=False)
    text = begun.output
    while "ready" not in text:
        text += server.read(begun["task_id"], timeout_ms=5000).output
    end = server.end(begun["task_id"], signal=name, grace_ms=20_000)
    assert end["status"] == "terminated" and end["exit_code"] == 5
    assert end.output == f"got {name}\n"


def test_force_terminate_kills_at_once_where_it_is_told_to(server):
    task = server.start("sh", "-c", "trap '' TERM; while :; do sleep 0.05; done")
    end = server.end(task, signal="KILL")
    assert (end["status"], end["signal"]) == ("terminated", "SIGKILL")


def test_a_second_force_terminate_is_harmless_and_says_so(server):
    task = server.start("sleep", "60")
    first, second = server.end(task), server.end(task)
    assert not second.is_error
    for key in ("status", "end", "ended_at", "signal"):
        assert first[key] == second[key]
    ended = server.run("true")["task_id"]
    assert server.end(ended)["status"] == "exited"


def test_whoever_waits_learns_that_the_task_was_ended(server):
    waiting = server.begin("execute_command", argv=["sleep", "86318"])
    host.wait_until(lambda: host.with_argument("86318"), 20)
    tasks = [one for one in server.call("list_sessions", status="running")["sessions"] if "86318" in one["argv"]]
    server.end(tasks[0]["task_id"])
    result = server.finish(waiting)
    assert result["status"] == "terminated" and result.is_error
