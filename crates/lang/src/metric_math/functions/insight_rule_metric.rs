//! `INSIGHT_RULE_METRIC`: a statistic of a Contributor Insights rule. Known, and refused.

use super::{Evaluation, Function};

pub(super) static INSIGHT_RULE_METRIC: Function = Function {
    name: "INSIGHT_RULE_METRIC",
    title: "Metric of a Contributor Insights rule",
    parameters: &[],
    returns: "",
    description: "AWS: a statistic of a rule of Contributor Insights, `INSIGHT_RULE_METRIC(rule, metric)`. \
                  There are no such rules here.",
    examples: &[],
    evaluation: Evaluation::Refused("there are no Contributor Insights rules here"),
};
