"""What a web process holds open."""

from prometheus_client import Gauge

sockets = Gauge("rosemary_sockets_open", "Tabs that are connected to this process.")
streams = Gauge("rosemary_streams_open", "Replies that this process forwards just now.")
