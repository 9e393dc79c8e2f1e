"""The daemon's life: wire the parts, become ready, serve, reload, shut down from the source down.

In: a configuration file, signals, requests over HTTP. Out: an exit code.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from detector import __version__
from detector.clock import Clock, MonoTime, WallTime
from detector.daemon.announcer import Announcer
from detector.daemon.broker import build_link, filters_of
from detector.daemon.control import Control, Faults
from detector.daemon.intake import Intake
from detector.daemon.reload import LINK, Changes, compare
from detector.daemon.worker import Worker
from detector.edge import systemd
from detector.edge.channel_view import ChannelView
from detector.edge.config_file import load_settings, require_topics
from detector.edge.http import HttpServer, Site
from detector.edge.inbox import Inbox
from detector.edge.ledger import Ledger
from detector.edge.logs import LineHandler, configure_logs
from detector.edge.metrics import Exposition
from detector.edge.model_file import load_model
from detector.edge.mqtt import MqttLink
from detector.edge.page import render_page
from detector.edge.secret_file import resolve_path
from detector.edge.status import ReloadStatus, SinkCount, Status
from detector.engine import Engine
from detector.errors import DetectorError
from detector.settings import Settings
from detector.stream.batch import Batcher
