"""A station in a process of its own, for tests that kill it: `python -m tests.system.detached_station URL TAKE ACKNOWLEDGE`.

Says `subscribed`, takes TAKE messages, acknowledges the first ACKNOWLEDGE of them, says their payloads and `done`, and
then waits for its end.
"""

import sys
import time

from tests.system.parties import Station


def main(url: str, number: int, acknowledged: int) -> None:
    """Play the part that the module's text describes."""
    with Station(url, client_id="detached") as station:
        station.wait_subscribed()
        print("subscribed", flush=True)
        taken = station.take(number)
        station.acknowledge(taken[:acknowledged])
        # A publication that was confirmed shows that the acknowledgements before it have left, too.
        station.link.publish("detector/alerts/info/none", "", 1, retain=False)
        while station.link.unconfirmed:
            time.sleep(0.01)
        print(*(message.payload.decode() for message in taken), "done", flush=True)
        time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
