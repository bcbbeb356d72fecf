import io
import socket
import threading

import pytest

from fairplate.verify.witness.deadlines import TimedStream


def test_a_drip_of_bytes_ends_with_the_time() -> None:
    ours, theirs = socket.socketpair()
    done = threading.Event()

    def drip() -> None:
        while not done.wait(0.01):
            theirs.send(b"x")

    thread = threading.Thread(target=drip)
    with ours, theirs:
        thread.start()
        with pytest.raises(TimeoutError):
            io.BufferedReader(TimedStream(ours, 0.2)).readline()
        done.set()
        thread.join()


def test_time_can_be_allowed_again_and_a_closed_stream_leaves_the_socket_open() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stream = TimedStream(ours, 0)
        theirs.send(b"a line\n")
        with pytest.raises(TimeoutError):
            stream.read(1)
        stream.allow(10)
        assert io.BufferedReader(stream).readline() == b"a line\n"
        stream.close()
        ours.send(b"still there")
        assert theirs.recv(20) == b"still there"
