"""A listening socket on loopback with a thread that accepts, gone at the end of the block.

In: what to do with a listener until it is shut. Out: its port.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def listening(accept: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on a free port; `accept` runs in a thread and has to return when the listener is shut."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, args=(listener,))
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # wakes accept
            thread.join()
