//! Who may do what: IAM and STS, credentials, and the evaluation of policies.

pub mod policy;
