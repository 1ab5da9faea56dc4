//! Native tests on SQLite.
