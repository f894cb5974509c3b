//! What an action's ARN stands for (cloudwatch.md §6.7).

use base::Arn;

/// What an action does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A message to a topic.
    Topic,
    /// Something is done to the instance that the alarm watches.
    Instance(InstanceChange),
    /// A scaling policy is executed.
    ScalingPolicy {
        /// The group's name.
        group: String,
        /// The policy's name.
        policy: String,
    },
    /// A function is invoked.
    Function {
        /// The function's name.
        name: String,
        /// A version or an alias.
        qualifier: Option<String>,
    },
    /// An item is made for Systems Manager's OpsCenter.
    OpsItem {
        /// 1 to 4.
        severity: String,
        /// The category.
        category: Option<String>,
    },
    /// An incident is begun by the response plan that the ARN names.
    Incident,
    /// An investigation is begun.
    Investigation,
    /// Nothing that is known.
    Unknown,
}

/// What is done to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InstanceChange {
    /// It is stopped.
    Stop,
    /// It is terminated.
    Terminate,
    /// It is rebooted.
    Reboot,
    /// It is stopped and started.
    Recover,
}

impl Target {
    /// What the ARN of an action stands for.
    pub(super) fn parse(arn: &str) -> Self {
        let known = arn.parse::<Arn>().ok().and_then(|arn| match arn.service.as_str() {
            "sns" => Some(Self::Topic),
            "automate" => InstanceChange::named(arn_after_region(&arn)?).map(Self::Instance),
            "swf" => {
                let change = arn.resource.strip_prefix("action/actions/AWS_EC2.InstanceId.")?;
                InstanceChange::named(change.strip_suffix("/1.0")?).map(Self::Instance)
            }
            "autoscaling" => scaling_policy(&arn.resource),
            "lambda" => function(&arn.resource),
            "ssm" => ops_item(&arn.resource),
            "ssm-incidents" => arn.resource.starts_with("response").then_some(Self::Incident),
            "aiops" => Some(Self::Investigation),
            _ => None,
        });
        known.unwrap_or(Self::Unknown)
    }

    /// Whether the action is run again each minute while the state lasts (cloudwatch.md §6.7).
    pub(super) fn repeats(&self) -> bool {
        matches!(self, Self::ScalingPolicy { .. })
    }
}

impl InstanceChange {
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "stop" => Self::Stop,
            "terminate" => Self::Terminate,
            "reboot" => Self::Reboot,
            "recover" => Self::Recover,
            _ => return None,
        })
    }
}

/// `stop` of `arn:aws:automate:us-east-1:ec2:stop`, where `ec2` stands in the account's place.
fn arn_after_region(arn: &Arn) -> Option<&str> {
    (arn.account == "ec2").then_some(arn.resource.as_str())
}

/// `scalingPolicy:ID:autoScalingGroupName/GROUP:policyName/POLICY`.
fn scaling_policy(resource: &str) -> Option<Target> {
    let (_, rest) = resource.strip_prefix("scalingPolicy:")?.split_once(":autoScalingGroupName/")?;
    let (group, policy) = rest.split_once(":policyName/")?;
    Some(Target::ScalingPolicy { group: group.to_owned(), policy: policy.to_owned() })
}

/// `function:NAME` or `function:NAME:QUALIFIER`.
fn function(resource: &str) -> Option<Target> {
    let rest = resource.strip_prefix("function:")?;
    let (name, qualifier) = match rest.split_once(':') {
        Some((name, qualifier)) => (name, Some(qualifier.to_owned())),
        None => (rest, None),
    };
    Some(Target::Function { name: name.to_owned(), qualifier })
}

/// `opsitem:SEVERITY` or `opsitem:SEVERITY#CATEGORY=CATEGORY`.
fn ops_item(resource: &str) -> Option<Target> {
    let rest = resource.strip_prefix("opsitem:")?;
    let (severity, category) = match rest.split_once("#CATEGORY=") {
        Some((severity, category)) => (severity, Some(category.to_owned())),
        None => (rest, None),
    };
    Some(Target::OpsItem { severity: severity.to_owned(), category })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_arn_is_understood() {
        let cases = [
            ("arn:aws:sns:us-east-1:1:t", Target::Topic),
            ("arn:aws:automate:us-east-1:ec2:stop", Target::Instance(InstanceChange::Stop)),
            ("arn:aws:automate:us-east-1:ec2:recover", Target::Instance(InstanceChange::Recover)),
            (
                "arn:aws:swf:us-east-1:123456789012:action/actions/AWS_EC2.InstanceId.Terminate/1.0",
                Target::Instance(InstanceChange::Terminate),
            ),
            (
                "arn:aws:swf:us-east-1:123456789012:action/actions/AWS_EC2.InstanceId.Reboot/1.0",
                Target::Instance(InstanceChange::Reboot),
            ),
            (
                "arn:aws:autoscaling:us-east-1:1:scalingPolicy:6f3a:autoScalingGroupName/web:policyName/grow: fast",
                Target::ScalingPolicy { group: "web".to_owned(), policy: "grow: fast".to_owned() },
            ),
            ("arn:aws:lambda:us-east-1:1:function:f", Target::Function { name: "f".to_owned(), qualifier: None }),
            (
                "arn:aws:lambda:us-east-1:1:function:f:live",
                Target::Function { name: "f".to_owned(), qualifier: Some("live".to_owned()) },
            ),
            (
                "arn:aws:ssm:us-east-1:1:opsitem:3#CATEGORY=Performance",
                Target::OpsItem { severity: "3".to_owned(), category: Some("Performance".to_owned()) },
            ),
            ("arn:aws:ssm:us-east-1:1:opsitem:1", Target::OpsItem { severity: "1".to_owned(), category: None }),
            ("arn:aws:ssm-incidents::1:responseplan/p", Target::Incident),
            ("arn:aws:aiops:us-east-1:1:investigation-group:g", Target::Investigation),
            ("arn:aws:automate:us-east-1:rds:stop", Target::Unknown),
            ("arn:aws:s3:::bucket", Target::Unknown),
            ("nonsense", Target::Unknown),
        ];
        for (arn, target) in cases {
            assert_eq!(Target::parse(arn), target, "{arn}");
        }
    }
}
