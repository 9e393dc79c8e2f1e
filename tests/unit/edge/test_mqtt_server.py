"""How brokers are reached, as far as it can be told without one."""

import ssl

from detector.edge.mqtt.server import tls_context
from detector.settings.mqtt import TlsSettings


def test_the_broker_is_verified_unless_told_otherwise() -> None:
    """By default a certificate of a known authority and the right name are asked for, and nothing older than TLS 1.2."""
    context = tls_context(TlsSettings())
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
