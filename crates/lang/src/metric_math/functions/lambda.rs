//! `LAMBDA`: series from a Lambda function. Known, and refused.

use super::{Evaluation, Function};

pub(super) static LAMBDA: Function = Function {
    name: "LAMBDA",
    title: "Data from a function",
    parameters: &[],
    returns: "",
    description: "AWS: series from a Lambda function that a data source names, `LAMBDA(name, ...)`. There are \
                  no such data sources here; metrics of other systems can be sent with `PutMetricData`.",
    examples: &[],
    evaluation: Evaluation::Refused("there are no external data sources here"),
};
