"""A receiver of OpenTelemetry's protocol over HTTP on 127.0.0.1: it decodes what programs send, and keeps it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Labels = frozenset[tuple[str, str]]


class OtlpReceiver(ThreadingHTTPServer):
    """Keeps the points of metrics by name and labels, the newest last, and the names of spans.

    Each process that measures has sums of its own, which began when it measured first.
    """

    def __init__(self) -> None:
        self.points: dict[tuple[str, Labels], list[Any]] = {}
        self.units: dict[str, str] = {}
        self.gauges: set[str] = set()
        self.spans: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of a program that sends everything here."""
        return {
            "AIRFLOW__METRICS__OTEL_ON": "True",
            "AIRFLOW__TRACES__OTEL_ON": "True",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.server_port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_TRACES_EXPORTER": "otlp_proto_http",
            "OTEL_METRIC_EXPORT_INTERVAL": "1000",
            "NO_PROXY": "127.0.0.1",
        }

    def names(self) -> set[str]:
        """The names of all metrics."""
        return {name for name, _ in list(self.points)}

    def value(self, metric: str, **labels: str) -> Any:
        """The newest value of a gauge; the sum of a counter in all processes; the same of a timer, and milliseconds."""
        points = self.points[metric, frozenset(labels.items())]
        if metric in self.gauges:
            return _number(points[-1])
        newest = {point.start_time_unix_nano: point for point in points}.values()
        if hasattr(points[-1], "as_int"):
            return sum(_number(point) for point in newest)
        return sum(point.count for point in newest), sum(point.sum for point in newest)

    def keep_metrics(self, body: bytes) -> None:
        """Decodes one request of metrics."""
        request = ExportMetricsServiceRequest.FromString(body)
        for metric in (m for r in request.resource_metrics for s in r.scope_metrics for m in s.metrics):
            self.units[metric.name] = metric.unit
            kind = metric.WhichOneof("data")
            self.gauges |= {metric.name} if kind == "gauge" else set()
            for point in getattr(metric, kind).data_points:
                labels = frozenset((one.key, one.value.string_value) for one in point.attributes)
                self.points.setdefault((metric.name, labels), []).append(point)

    def keep_spans(self, body: bytes) -> None:
        """Decodes one request of spans."""
        request = ExportTraceServiceRequest.FromString(body)
        self.spans += [span.name for r in request.resource_spans for s in r.scope_spans for span in s.spans]


def _number(point: Any) -> Any:
    return point.as_int if point.HasField("as_int") else point.as_double


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        {"/v1/metrics": self.server.keep_metrics, "/v1/traces": self.server.keep_spans}[self.path](body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running_receiver() -> Iterator[OtlpReceiver]:
    """A receiver, up until the end of the block."""
    with OtlpReceiver() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
