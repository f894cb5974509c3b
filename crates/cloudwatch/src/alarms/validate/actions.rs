//! What alarms may do: the ARNs of actions (cloudwatch.md §6.2, §6.7).
//!
//! Whether what an ARN names is there is not looked at: it may come later.

use api::ServiceError;
use base::{Arn, Scope};

use super::refused;
use crate::record::WatchedMetric;

/// The actions of an alarm, by the state that they are for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActionLists<'a> {
    /// On the way into OK.
    pub(crate) ok: &'a [String],
    /// On the way into ALARM.
    pub(crate) alarm: &'a [String],
    /// On the way into INSUFFICIENT_DATA.
    pub(crate) insufficient_data: &'a [String],
}

/// What kind of alarm it is that acts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Acting<'a> {
    /// One on a single metric.
    SingleMetric(&'a WatchedMetric),
    /// One on queries, with a threshold.
    Queries,
    /// One on a band.
    Anomaly,
    /// One whose series have states of their own.
    MultiSeries,
    /// One on other alarms.
    Composite,
}

/// The state that an action is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Ok,
    Alarm,
    InsufficientData,
}

/// Checks all actions of an alarm.
///
/// # Errors
/// `ValidationError` for an ARN that no action has, one of another region, and an action that
/// this kind of alarm, or this state, cannot run.
pub(crate) fn check(lists: &ActionLists<'_>, acting: Acting<'_>, scope: &Scope) -> Result<(), ServiceError> {
    let lists = [(On::Ok, lists.ok), (On::Alarm, lists.alarm), (On::InsufficientData, lists.insufficient_data)];
    for (on, list) in lists {
        list.iter().try_for_each(|arn| check_action(arn, on, acting, scope))?;
    }
    Ok(())
}

fn check_action(text: &str, on: On, acting: Acting<'_>, scope: &Scope) -> Result<(), ServiceError> {
    let invalid = || refused(format!("Invalid arn syntax: {text}"));
    let arn: Arn = text.parse().map_err(|_| invalid())?;
    let kind = Vendor::of(&arn).ok_or_else(|| refused(format!("Unsupported AWS vendor {}", arn.service)))?;
    // Response plans are the same in every region.
    if kind != Vendor::Incident && arn.region != scope.region.as_str() {
        return Err(refused(format!(
            "Invalid region {} specified. Only {} is supported.",
            arn.region,
            scope.region.as_str()
        )));
    }
    if !kind.names(&arn) {
        return Err(invalid());
    }
    match kind {
        Vendor::Ec2 => check_ec2(&arn, acting),
        Vendor::Scaling => check_scaling(acting),
        Vendor::Topic | Vendor::Function => match acting {
            Acting::MultiSeries if on == On::InsufficientData => Err(refused(
                "InsufficientData actions are not supported for contributor-level action types in Multi Time Series \
                 alarms",
            )),
            _ => Ok(()),
        },
        Vendor::OpsItem | Vendor::Incident | Vendor::Investigation => match on {
            On::Alarm => Ok(()),
            On::Ok | On::InsufficientData => {
                Err(refused(format!("The action {text} is supported for the ALARM state only.")))
            }
        },
    }
}

fn check_ec2(arn: &Arn, acting: Acting<'_>) -> Result<(), ServiceError> {
    let of_instance = match acting {
        Acting::SingleMetric(metric) => {
            // An instance cannot be moved off a fault of its own (cloudwatch.md §6.7).
            if metric.name == "StatusCheckFailed_Instance" && arn.resource.to_ascii_lowercase().contains("recover") {
                return Err(refused(
                    "Invalid use of EC2 'Recover' action. It is not supported for the metric \
                     StatusCheckFailed_Instance.",
                ));
            }
            metric.dimensions.iter().any(|(name, _)| name == "InstanceId")
        }
        Acting::Queries | Acting::Anomaly | Acting::MultiSeries | Acting::Composite => false,
    };
    match of_instance {
        true => Ok(()),
        false => Err(refused(
            "Invalid use of EC2 action. An EC2 action can only be used if the alarm is monitoring an EC2 instance.",
        )),
    }
}

fn check_scaling(acting: Acting<'_>) -> Result<(), ServiceError> {
    match acting {
        Acting::SingleMetric(_) | Acting::Queries => Ok(()),
        Acting::Anomaly => Err(refused("autoscaling actions not supported when ThresholdMetricId is set")),
        Acting::MultiSeries => Err(refused("Autoscaling actions are not available for Multi Time Series alarms")),
        Acting::Composite => Err(refused("Autoscaling actions are not available for composite alarms")),
    }
}

/// Who runs an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vendor {
    Topic,
    Ec2,
    Scaling,
    Function,
    OpsItem,
    Incident,
    Investigation,
}

impl Vendor {
    fn of(arn: &Arn) -> Option<Self> {
        Some(match arn.service.as_str() {
            "sns" => Self::Topic,
            "automate" | "swf" => Self::Ec2,
            "autoscaling" => Self::Scaling,
            "lambda" => Self::Function,
            "ssm" => Self::OpsItem,
            "ssm-incidents" => Self::Incident,
            "aiops" => Self::Investigation,
            _ => return None,
        })
    }

    /// Whether the ARN names something that the vendor can do.
    fn names(self, arn: &Arn) -> bool {
        let resource = arn.resource.as_str();
        let after = |prefix: &str| resource.strip_prefix(prefix).filter(|rest| !rest.is_empty());
        match self {
            Self::Topic => !resource.contains(':'),
            Self::Ec2 if arn.service == "automate" => {
                // `arn:aws:automate:REGION:ec2:stop`: `ec2` stands in the account's place.
                arn.account == "ec2" && matches!(resource, "stop" | "terminate" | "reboot" | "recover")
            }
            Self::Ec2 => matches!(
                resource.strip_prefix("action/actions/AWS_EC2.InstanceId.").and_then(|rest| rest.strip_suffix("/1.0")),
                Some("Stop" | "Terminate" | "Reboot" | "Recover")
            ),
            Self::Scaling => after("scalingPolicy:").is_some_and(|policy| policy.contains(":policyName/")),
            Self::Function => after("function:").is_some(),
            Self::OpsItem => after("opsitem:").is_some_and(is_ops_item),
            Self::Incident => after("responseplan/").or(after("response-plan/")).is_some(),
            Self::Investigation => after("investigation-group:").or(after("investigation-group/")).is_some(),
        }
    }
}

/// `SEVERITY` or `SEVERITY#CATEGORY=C`, with a severity from 1 to 4.
fn is_ops_item(text: &str) -> bool {
    let (severity, category) = text.split_once('#').map_or((text, None), |(severity, rest)| (severity, Some(rest)));
    let category_named = |rest: &str| rest.strip_prefix("CATEGORY=").is_some_and(|category| !category.is_empty());
    matches!(severity, "1" | "2" | "3" | "4") && category.is_none_or(category_named)
}
