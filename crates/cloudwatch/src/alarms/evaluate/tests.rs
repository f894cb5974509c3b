//! The job over a store: when it runs, what alarms see, and what it writes.

mod conflict;
mod due;
mod seen;
mod series;
