//! The systemd journal, read through a child `journalctl`.
//!
//! The journal is its own buffer, as log files are: a [`follow::Follower`] runs the child and
//! turns what it prints ([`export`]) into events ([`event`]) for a bounded channel, from which a
//! [`tail::JournalTail`] takes them when it has room. While the server is away the channel, then
//! the pipe, fill up, and the child waits. The position is the cursor of the last entry that
//! was acknowledged. [`command`] says why the child is asked twice, and for an entry too many.

pub mod command;
pub mod event;
pub mod export;
pub mod follow;
pub mod settings;
pub mod tail;

#[cfg(test)]
mod tests;
