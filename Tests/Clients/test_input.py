"""write_input: typing to a task that runs, in both eras of the protocol."""

import base64
import os
import time

import pytest


def write(server, task, **more):
    return server.call("write_input", task_id=task, **more)


@pytest.fixture
def cat(server):
    return server.start("cat", stdin="open")


def test_text_is_written_as_it_is_and_the_answer_has_what_came_of_it(server, cat):
    answer = write(server, cat, text="hello\n")
    assert not answer.is_error and answer["status"] == "running"
    assert answer["input"] == {"taken_bytes": 6} and answer.output == "hello\n"
    assert "write_input" in answer["next"]
    answer = write(server, cat, text="no newline", eof=True)
    text, end = server.read_all(cat)
    assert (answer.output + text) == "no newline" and end["exit_code"] == 0


def test_bytes_are_written_as_they_are(server, cat):
    data = bytes(range(256))
    assert write(server, cat, base64=base64.b64encode(data).decode(), eof=True)["input"]["taken_bytes"] == 256
    server.read_all(cat)
    assert base64.b64decode(server.read(cat, offset=0, encoding="base64").output) == data


def test_a_conversation_line_by_line(server):
    task = server.start("sh", "-c", "while read line; do echo got $line; done; echo over", stdin="open")
    for word in ("one", "two", "three"):
        assert write(server, task, text=f"{word}\n").output == f"got {word}\n"
    write(server, task, eof=True)
    text, end = server.read_all(task)
    assert text.endswith("over\n") or end["exit_code"] == 0


def test_the_task_can_be_named_by_its_pid(server, cat):
    pid = server.read(cat)["pid"]
    assert server.call("write_input", pid=pid, text="x\n")["task_id"] == cat


def test_a_mebibyte_is_written_in_one_call(server):
    task = server.start("sh", "-c", "head -c 1048576 | sha256sum", stdin="open")
    data = os.urandom(3 << 18)  # 786432 bytes are a mebibyte of base64
    left = data + data[: (1 << 20) - len(data)]
    import hashlib

    wanted = hashlib.sha256(left).hexdigest()
    while left:
        answer = write(server, task, base64=base64.b64encode(left[: 3 << 18]).decode())
        taken = answer["input"]["taken_bytes"]
        left = left[taken:]
        assert taken or answer.is_error
    text, end = server.read_all(task)
    assert wanted in text + server.read(task, offset=0).output


def test_how_much_was_taken_is_said_where_the_task_does_not_read(server):
    task = server.start("sleep", "60", stdin="open")
    answer = write(server, task, text="x" * 1_000_000)
    taken = answer["input"]["taken_bytes"]
    assert 0 < taken < 1_000_000 and not answer.is_error
    assert f"{taken} of 1000000" in answer["next"] and f"{taken} of 1000000" in answer.text
    begun = time.monotonic()
    again = write(server, task, text="y")
    assert again.is_error and again["input"] == {"taken_bytes": 0} and time.monotonic() - begun < 5
    assert not server.end(task, grace_ms=0).is_error


def test_input_that_is_not_open_is_an_error_that_names_the_option(server):
    for options in ({}, {"stdin": "some text"}):
        task = server.start("sleep", "60", **options)
        answer = write(server, task, text="x")
        assert answer.is_error and 'stdin: "open"' in answer["reason"] and 'stdin: "open"' in answer.text


def test_input_that_has_ended_or_was_closed_is_an_error(server):
    task = server.start("sh", "-c", "cat; sleep 60", stdin="open")
    assert not write(server, task, eof=True).is_error
    answer = write(server, task, text="more")
    assert answer.is_error and "has ended" in answer["reason"]
    closed = server.start("sh", "-c", "exec <&-; echo closed; sleep 60", stdin="open")
    server.read(closed, timeout_ms=10_000, until="closed", offset=0)
    answer = write(server, closed, text="more")
    assert answer.is_error and "closed its standard input" in answer["reason"]


def test_a_task_that_has_ended_takes_no_input(server):
    task = server.run("true", stdin="open", timeout_ms=10_000)["task_id"]
    answer = write(server, task, text="x")
    assert answer.is_error and "has ended" in answer["reason"]


def test_the_text_open_with_something_more_is_text(server):
    assert server.run("cat", stdin="open\n").output == "open\n"


def test_the_task_can_open_its_input_by_name(server):
    assert server.run("cat", "/dev/stdin", stdin="word\n").output == "word\n"


# --- terminals


def test_a_program_on_a_terminal(server):
    task = server.start("sh", "-c", "tty; stty size; read line; echo got $line", tty=True)
    text = server.read(task, timeout_ms=10_000, until="80", offset=0).output
    assert "/dev/pts/0\n24 80\n" in text, "as text, lines end as they do everywhere"
    raw = base64.b64decode(server.read(task, offset=0, encoding="base64").output)
    assert b"/dev/pts/0\r\n24 80\r\n" in raw, "and the record has what was on the terminal"
    write(server, task, text="word\r")
    text, end = server.read_all(task)
    assert "got word" in server.read(task, offset=0).output and end["exit_code"] == 0


def test_keys_of_a_terminal(server):
    task = server.start("sh", "-c", "echo ready; exec sleep 60", tty=True)
    server.read(task, timeout_ms=10_000, until="ready", offset=0)
    write(server, task, text="\x03")
    _, end = server.read_all(task)
    assert end["signal"] == "SIGINT"


def test_the_end_of_file_of_a_terminal(server):
    task = server.start("cat", tty=True)
    write(server, task, text="line\r")
    write(server, task, eof=True)
    _, end = server.read_all(task)
    assert end["exit_code"] == 0 and "line" in server.read(task, offset=0).output


def test_the_size_of_a_terminal(server):
    task = server.start("sh", "-c", "read line; stty size", tty=True)
    assert not write(server, task, resize={"rows": 50, "columns": 132}).is_error
    write(server, task, text="\r")
    server.read_all(task)
    assert "50 132" in server.read(task, offset=0).output
    pipes = server.start("sleep", "60", stdin="open")
    refused = write(server, pipes, resize={"rows": 50, "columns": 132})
    assert refused.is_error and "tty" in refused["reason"]


def test_another_server_can_type_too(serve):
    first, second = serve(), serve()
    task = first.start("cat", stdin="open")
    assert write(second, task, text="from elsewhere\n")["input"]["taken_bytes"] == 15
    first.close()
    assert "elsewhere" in second.read(task, offset=0, timeout_ms=5000).output
    assert not write(second, task, eof=True).is_error


def test_a_person_can_attach_to_a_task_of_a_server(server, caisson):
    """A task that a model has started is typed to from the command line, and both see what comes of it."""
    task = server.start("sh", "-c", "read line; echo got $line; exit 4", tty=True)
    attached = caisson("attach", task, stdin=None, input=b"from a person\r")
    assert attached.returncode == 4 and b"got from a person\r\n" in attached.stdout
    assert "got from a person\n" in server.read(task, offset=0).output
