//! The operations, one file each.

pub(crate) mod iam;
pub(crate) mod sts;
