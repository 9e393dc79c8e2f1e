"""The settings: one frozen section per stage, checked by pydantic; no file is read here.

`edge.config_file` reads YAML into these and maps faults back to lines and columns.
"""

from detector.settings.mqtt import InboxSettings, MqttSettings
from detector.settings.outputs import (
    AlertSettings,
    HomeAssistantSettings,
    LogSettings,
    MetricsSettings,
    MqttAlertSettings,
)
from detector.settings.quantities import Budget, BudgetScope
from detector.settings.root import EngineSettings, HeadKind, JournalSettings, Settings, StateSettings
from detector.settings.sensors import (
    ChannelSettings,
    PayloadFormat,
    SensorSettings,
    TimestampFormat,
    TimestampSettings,
)

__all__ = [
    "AlertSettings",
    "Budget",
    "BudgetScope",
    "ChannelSettings",
    "EngineSettings",
    "HeadKind",
    "HomeAssistantSettings",
    "InboxSettings",
    "JournalSettings",
    "LogSettings",
    "MetricsSettings",
    "MqttAlertSettings",
    "MqttSettings",
    "PayloadFormat",
    "SensorSettings",
    "Settings",
    "StateSettings",
    "TimestampFormat",
    "TimestampSettings",
]
