//! XML into types and back.
