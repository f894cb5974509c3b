//! The types of inventory that AWS has, with their attributes (config.md §9.2).

use api::ssm::types::{InventoryAttributeDataType, InventoryItemAttribute, InventoryItemSchema};

/// The type that says what a host is.
pub(crate) const INSTANCE_INFORMATION: &str = "AWS:InstanceInformation";
/// The type of a host's tags.
pub(crate) const TAG: &str = "AWS:Tag";
/// The type that alone has a context.
pub(crate) const COMPLIANCE_ITEM: &str = "AWS:ComplianceItem";
/// What names of types start with that callers made up.
pub(crate) const CUSTOM: &str = "Custom:";

/// A type.
pub(crate) struct InventoryType {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) teller: Teller,
    /// In AWS's order, separated by blanks. After `#` are numbers, and what can be counted by ends with `*`.
    attributes: &'static str,
    /// What AWS calls it in schemas for counting.
    display_name: &'static str,
}

/// Who tells a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Teller {
    /// Agents; configuration items hold it.
    Agents,
    /// Agents; configuration items leave it out (I-4).
    AgentsAlone,
    /// The service itself: agents may not.
    Service,
}

const fn of(
    name: &'static str,
    version: &'static str,
    teller: Teller,
    display_name: &'static str,
    attributes: &'static str,
) -> InventoryType {
    InventoryType { name, version, teller, attributes, display_name }
}

static TYPES: &[InventoryType] = &[
    of(
        "AWS:AWSComponent",
        "1.0",
        Teller::Agents,
        "AWSComponent",
        "Name ApplicationType Publisher Version InstalledTime Architecture URL",
    ),
    of(
        "AWS:Application",
        "1.1",
        Teller::Agents,
        "Application",
        "Name* ApplicationType Publisher Version* Release Epoch InstalledTime Architecture URL Summary PackageId",
    ),
    of("AWS:BillingInfo", "1.0", Teller::AgentsAlone, "BillingInfo", "BillingProductId"),
    of(
        COMPLIANCE_ITEM,
        "1.1",
        Teller::AgentsAlone,
        "ComplianceItem",
        "ComplianceType ExecutionId ExecutionType ExecutionTime Id Title Status Severity DocumentName DocumentVersion \
         Classification PatchBaselineId PatchSeverity PatchState PatchGroup InstalledTime InstallOverrideList \
         DetailedText DetailedLink CVEIds",
    ),
    of(
        "AWS:ComplianceSummary",
        "1.0",
        Teller::Service,
        "ComplianceSummary",
        "ComplianceType PatchGroup PatchBaselineId Status OverallSeverity ExecutionId ExecutionType ExecutionTime \
         #CompliantCriticalCount #CompliantHighCount #CompliantMediumCount #CompliantLowCount \
         #CompliantInformationalCount #CompliantUnspecifiedCount #NonCompliantCriticalCount #NonCompliantHighCount \
         #NonCompliantMediumCount #NonCompliantLowCount #NonCompliantInformationalCount #NonCompliantUnspecifiedCount",
    ),
    of(
        "AWS:File",
        "1.0",
        Teller::AgentsAlone,
        "File",
        "Name Size Description FileVersion InstalledDate ModificationTime LastAccessTime ProductName InstalledDir \
         ProductLanguage CompanyName ProductVersion",
    ),
    of(
        "AWS:InstanceDetailedInformation",
        "1.0",
        Teller::AgentsAlone,
        "InstanceDetailedInformation",
        "CPUModel #CPUCores #CPUs #CPUSpeedMHz #CPUSockets CPUHyperThreadEnabled OSServicePack KernelVersion",
    ),
    of(
        INSTANCE_INFORMATION,
        "1.0",
        Teller::Agents,
        "Platform",
        "AgentType AgentVersion ComputerName IamRole InstanceId IpAddress PlatformName* PlatformType* PlatformVersion* \
         ResourceType AgentStatus InstanceStatus",
    ),
    of(
        "AWS:Network",
        "1.0",
        Teller::Agents,
        "Network",
        "Name SubnetMask Gateway DHCPServer DNSServer MacAddress IPV4 IPV6",
    ),
    of(
        "AWS:PatchCompliance",
        "1.0",
        Teller::Service,
        "PatchCompliance",
        "Title KBId Classification Severity State InstalledTime",
    ),
    of(
        "AWS:PatchSummary",
        "1.0",
        Teller::Service,
        "PatchSummary",
        "PatchGroup BaselineId SnapshotId OwnerInformation #InstalledCount #InstalledOtherCount #NotApplicableCount \
         #MissingCount #FailedCount OperationType OperationStartTime OperationEndTime InstallOverrideList",
    ),
    of("AWS:ResourceGroup", "1.0", Teller::Service, "ResourceGroup", "Name* Arn"),
    of(
        "AWS:Service",
        "1.0",
        Teller::AgentsAlone,
        "Service",
        "Name* DisplayName* ServiceType* Status* DependentServices ServicesDependedOn StartType*",
    ),
    of(TAG, "1.0", Teller::Service, "Tag", "Key Value"),
    of("AWS:WindowsRegistry", "1.0", Teller::AgentsAlone, "WindowsRegistry", "KeyPath ValueName ValueType Value"),
    of(
        "AWS:WindowsRole",
        "1.0",
        Teller::AgentsAlone,
        "WindowsRole",
        "Name* DisplayName* Path FeatureType* DependsOn Description Installed* InstalledState SubFeatures \
         ServerComponentDescriptor Parent",
    ),
    of("AWS:WindowsUpdate", "1.0", Teller::Agents, "WindowsUpdate", "HotFixId Description InstalledTime InstalledBy"),
];

/// All types, by name.
pub(crate) fn all() -> impl Iterator<Item = &'static InventoryType> {
    TYPES.iter()
}

/// The type of this name.
pub(crate) fn find(name: &str) -> Option<&'static InventoryType> {
    TYPES.iter().find(|known| known.name == name)
}

impl InventoryType {
    /// Whether this version of the schema is known: each has all that those before it had.
    pub(crate) fn knows_version(&self, version: &str) -> bool {
        version_number(version) <= version_number(self.version)
    }

    /// The schema; with those attributes alone by which can be counted, or with all.
    pub(crate) fn schema(&self, shown: Shown) -> Option<InventoryItemSchema> {
        let attributes: Vec<_> = self.attributes.split_whitespace().filter_map(|word| attribute(word, shown)).collect();
        (!attributes.is_empty()).then(|| InventoryItemSchema {
            type_name: self.name.to_owned(),
            version: Some(self.version.to_owned()),
            attributes,
            display_name: Some(self.display_name.to_owned()),
        })
    }
}

/// Which attributes of a type are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    All,
    /// Those by which can be counted.
    Countable,
}

fn attribute(word: &str, shown: Shown) -> Option<InventoryItemAttribute> {
    let (is_number, word) = word.strip_prefix('#').map_or((false, word), |rest| (true, rest));
    let (is_countable, name) = word.strip_suffix('*').map_or((false, word), |rest| (true, rest));
    let data_type = match is_number {
        true => InventoryAttributeDataType::Number,
        false => InventoryAttributeDataType::String,
    };
    (shown == Shown::All || is_countable).then(|| InventoryItemAttribute { name: name.to_owned(), data_type })
}

/// `1.10` is after `1.9`.
pub(crate) fn version_number(version: &str) -> (u32, u32) {
    let number = |text: &str| text.parse().unwrap_or(0);
    version.split_once('.').map_or((number(version), 0), |(major, minor)| (number(major), number(minor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_in_the_order_of_their_names_and_have_attributes() {
        assert!(TYPES.windows(2).all(|pair| pair[0].name < pair[1].name));
        for known in TYPES {
            let schema = known.schema(Shown::All).unwrap();
            assert!(schema.attributes.iter().all(|attribute| !attribute.name.contains(['*', '#'])), "{}", known.name);
        }
    }

    #[test]
    fn what_can_be_counted_by_is_what_aws_documents() {
        let countable: Vec<_> = TYPES.iter().filter_map(|known| known.schema(Shown::Countable)).collect();
        let names: Vec<_> = countable.iter().map(|schema| schema.type_name.as_str()).collect();
        let expected =
            ["AWS:Application", "AWS:InstanceInformation", "AWS:ResourceGroup", "AWS:Service", "AWS:WindowsRole"];
        assert_eq!(names, expected);
        let of_platform: Vec<_> = countable[1].attributes.iter().map(|attribute| attribute.name.as_str()).collect();
        assert_eq!(of_platform, ["PlatformName", "PlatformType", "PlatformVersion"]);
    }

    #[test]
    fn versions_are_numbers() {
        let application = find("AWS:Application").unwrap();
        for (version, expected) in [("1.0", true), ("1.1", true), ("1.2", false), ("2.0", false), ("1.10", false)] {
            assert_eq!(application.knows_version(version), expected, "{version}");
        }
    }
}
