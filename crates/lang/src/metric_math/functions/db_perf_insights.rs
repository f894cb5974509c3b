//! `DB_PERF_INSIGHTS`: counters of a database. Known, and refused.

use super::{Evaluation, Function};

pub(super) static DB_PERF_INSIGHTS: Function = Function {
    name: "DB_PERF_INSIGHTS",
    title: "Counters of a database",
    parameters: &[],
    returns: "",
    description: "AWS: counters of RDS Performance Insights, `DB_PERF_INSIGHTS(engine, resource, counters)`. \
                  There are none here.",
    examples: &[],
    evaluation: Evaluation::Refused("there are no Performance Insights counters here"),
};
