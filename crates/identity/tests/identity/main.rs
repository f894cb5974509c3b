//! Identity as its callers see it: the services through their trait, over a catalog whose
//! backend is a list in memory.

mod authentication;
mod authorization;
mod iam_errors;
mod iam_operations;
mod start;
mod sts;
mod world;
