//! `SERVICE_QUOTA`: the quota of a usage metric. Known, and refused.

use super::{Evaluation, Function};

pub(super) static SERVICE_QUOTA: Function = Function {
    name: "SERVICE_QUOTA",
    title: "Quota of a usage metric",
    parameters: &[],
    returns: "",
    description: "AWS: the quota of a metric of `AWS/Usage`, `SERVICE_QUOTA(metric)`. There are no service \
                  quotas here. `TIME_SERIES(100)` draws a limit that you know.",
    examples: &[],
    evaluation: Evaluation::Refused("there are no service quotas here"),
};
