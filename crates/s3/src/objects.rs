//! Versions of objects: found, made, altered, removed. Each change is one transaction, and whole.

mod change;
mod condition;
mod find;

pub(crate) use change::{NewObject, locked};
pub(crate) use condition::{ReadCondition, WriteCondition};
pub(crate) use find::{Readable, VersionId};
