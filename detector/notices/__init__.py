"""Who is told what, and when: routing, grouping, hysteresis, repeats, flapping, quiet hours, maintenance, acknowledgement.

In: alert events and the time. Out: notices to people. A trouble is a thread of notices about alerts that belong together. `desk` is the
door; `listener` takes events in, `agenda` knows the troubles and when to look at each, `judgement` weighs one, `pace` bounds how often
a channel is spoken of, `mute` knows when people are to be left alone, `route` who is meant, `directory` where devices are, `writer`
and `words` say it, `memory` keeps it all as rows that bring it back exactly.
"""

from detector.notices.desk import Desk
from detector.notices.directory import Directory, Labels
from detector.notices.hushed import Hushed
from detector.notices.kept import Row
from detector.notices.records import Alert
from detector.notices.route import wants

__all__ = ["Alert", "Desk", "Directory", "Hushed", "Labels", "Row", "wants"]
