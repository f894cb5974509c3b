//! Log files and the systemd journal, sent to CloudWatch Logs as they grow.
//!
//! A file is its own buffer: what the server has not acknowledged is not copied anywhere, it is
//! read again. [`positions`] says up to where each file was acknowledged, durably; [`tail`]
//! reads on from there; [`framing`] and [`grouping`] make lines and events of bytes; [`batch`]
//! cuts requests by the rules of PutLogEvents (logs.md §1.4); [`send`] sends them. While the
//! server is away nothing more is read. A [`journal`] is read and sent in the same way.

pub mod batch;
pub mod framing;
pub mod grouping;
pub mod journal;
pub mod positions;
pub mod reader;
pub mod send;
pub mod settings;
pub mod tail;
pub mod timestamp;
