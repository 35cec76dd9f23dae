"""`/metrics` for Prometheus: who may read it, and what stands there."""

from __future__ import annotations

from shortlink.web.metrics.routes import metrics as metrics
