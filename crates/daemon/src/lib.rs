//! The one place that knows both objects and wire.
