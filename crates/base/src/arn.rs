//! Amazon Resource Names.

use std::fmt;
use std::str::FromStr;

/// `arn:partition:service:region:account:resource`, split into its fields.
///
/// Region and account may be empty, as in `arn:aws:s3:::bucket`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arn {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// The service's ARN namespace, such as `iam`.
    pub service: String,
    /// The region, empty for global services.
    pub region: String,
    /// The account, empty where names are global.
    pub account: String,
    /// The rest, colons included.
    pub resource: String,
}

/// The text is not an ARN.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{0}' is not an ARN")]
pub struct InvalidArn(pub String);

impl FromStr for Arn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let mut fields = text.splitn(6, ':');
        let mut next = || fields.next().map(str::to_owned);
        match (next(), next(), next(), next(), next(), next()) {
            (Some(arn), Some(partition), Some(service), Some(region), Some(account), Some(resource))
                if arn == "arn" && !partition.is_empty() && !service.is_empty() && !resource.is_empty() =>
            {
                Ok(Self { partition, service, region, account, resource })
            }
            _ => Err(InvalidArn(text.to_owned())),
        }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_round_trip_with_colons_in_the_resource() {
        let text = "arn:aws:logs:eu-west-1:111122223333:log-group:app:*";
        let arn: Arn = text.parse().unwrap();
        assert_eq!(arn.resource, "log-group:app:*");
        assert_eq!(arn.to_string(), text);
        assert!("arn:aws:iam".parse::<Arn>().is_err());
    }
}
