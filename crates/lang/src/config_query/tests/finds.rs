//! Which resources conditions find.

use super::*;

#[test]
fn conditions_find_these() {
    for (condition, expected) in [
        // The specification's own (config.md §7.4).
        ("resourceType = 'AWS::EC2::Instance' AND relationships.resourceId = 'sg-1'", &["i-1"][..]),
        ("resourceType LIKE 'AWS::EC2::%' AND tags.tag = 'env=prod'", &["i-1"]),
        ("resourceType = 'AWS::EC2::Volume' AND configuration.encrypted = false", &["vol-2"]),
        ("configuration.ipPermissions.ipRanges = '0.0.0.0/0'", &["sg-1"]),
        // Texts.
        ("resourceId = 'I-1'", &[]),
        ("resourceId IN ('i-1', 'sg-2', 'x')", &["i-1", "sg-2"]),
        ("resourceType = 'AWS::EC2::Instance' AND resourceId NOT IN ('i-1')", &["i-2"]),
        ("resourceId BETWEEN 'sg-1' AND 'sg-2'", &["sg-1", "sg-2"]),
        ("resourceId > 'vol-1'", &["vol-2"]),
        ("resourceId LIKE 'vol-_'", &["vol-1", "vol-2"]),
        ("resourceId LIKE 'vol_'", &[]),
        ("resourceId LIKE 'vol-1'", &["vol-1"]),
        ("resourceId LIKE 'acme-logs%'", &["acme-logs"]),
        ("resourceId LIKE 'acme\\-l%'", &["acme-logs"]),
        // Words between AND and OR.
        ("resourceId = 'i-1' OR resourceId = 'i-2' AND resourceType = 'x'", &["i-1"]),
        ("(resourceId = 'i-1' OR resourceId = 'i-2') AND resourceType = 'x'", &[]),
        ("NOT resourceType LIKE 'AWS::EC2%' AND NOT resourceId = 'mi-1'", &["acme-logs"]),
        ("NOT NOT resourceId = 'i-1'", &["i-1"]),
        // Numbers and truth values, with and without quotation marks.
        ("configuration.size = 100", &["vol-1"]),
        ("configuration.size = 100.0", &["vol-1"]),
        ("configuration.size = '100'", &["vol-1"]),
        ("configuration.count = 100", &["acme-logs"]),
        ("configuration.size < 9", &["vol-2"]),
        ("configuration.size BETWEEN 8 AND 99.5", &["vol-2"]),
        ("configuration.size <= 8", &["vol-2"]),
        ("configuration.size >= '8'", &["vol-1", "vol-2"]),
        ("configuration.ebsOptimized = 'true'", &["i-2"]),
        ("configuration.ebsOptimized = TRUE", &["i-2"]),
        ("configuration.ebsOptimized > false", &[]),
        ("supplementaryConfiguration.IsRequesterPaysEnabled = false", &["acme-logs"]),
        // Times.
        ("configuration.launchTime > '2026-07-04T07:26:39Z'", &["i-1"]),
        ("configuration.launchTime = '2026-07-04T09:26:40+02:00'", &["i-1"]),
        ("configuration.launchTime BETWEEN '2026-07-04' AND '2026-07-05'", &["i-1"]),
        ("configuration.launchTime < '2026-07-04'", &[]),
        // Addresses are ranges.
        ("configuration.ipPermissions.ipRanges = '10.0.0.17'", &["sg-1"]),
        ("configuration.ipPermissions.ipRanges = '192.168.1.7'", &["sg-1"]),
        ("configuration.ipPermissions.ipRanges = '10.1.2.3' AND resourceId = 'sg-2'", &["sg-2"]),
        ("configuration.ipPermissions.ipRanges = '10.1.2.0/24' AND resourceId = 'sg-2'", &["sg-2"]),
        ("configuration.ipPermissions.ipRanges = '10.0.0.0/8' AND resourceId = 'sg-2'", &[]),
        (
            "configuration.ipPermissions.ipRanges BETWEEN '10.1.255.255' AND '10.2.0.0' AND resourceId = 'sg-2'",
            &["sg-2"],
        ),
        ("configuration.ipPermissions.ipRanges BETWEEN '10.2.0.0' AND '10.3.0.0' AND resourceId = 'sg-2'", &[]),
        ("configuration.ipPermissions.ipRanges < '10.1.0.0' AND resourceId = 'sg-2'", &[]),
        ("configuration.ipPermissions.ipRanges < '10.1.0.1' AND resourceId = 'sg-2'", &["sg-2"]),
        ("configuration.ipPermissions.ipRanges > '10.1.255.254' AND resourceId = 'sg-2'", &["sg-2"]),
        (
            "configuration.ipPermissions.ipRanges BETWEEN '10.1.0.0' AND '10.1.255.255' \
             AND NOT configuration.ipPermissions.ipRanges < '10.1.0.0' \
             AND NOT configuration.ipPermissions.ipRanges > '10.1.255.255'",
            &["sg-2"],
        ),
        ("configuration.ipPermissions.ipv6Ranges.cidrIpv6 = '2001:db8::1'", &["sg-1"]),
        ("configuration.ipPermissions.ipv6Ranges.cidrIpv6 = '10.0.0.1'", &[]),
        ("configuration.privateIpAddress > '9.255.255.255'", &["i-1"]),
        ("configuration.privateIpAddress LIKE '10.0.%'", &["i-1"]),
        // Any element of an array, for each condition by itself.
        ("configuration.ipPermissions.fromPort = 22 AND configuration.ipPermissions.ipRanges = '0.0.0.0/0'", &["sg-1"]),
        ("configuration.networkInterfaces.groups.groupId = 'sg-1'", &["i-1"]),
        ("configuration.networkInterfaces.attachment.deviceIndex > 0", &["i-1"]),
        ("tags.key = 'env' AND tags.value = 'web-1'", &["i-1"]),
        ("resourceType = 'AWS::EC2::Instance' AND NOT tags.value = 'web-1'", &["i-2"]),
        ("tags.value != 'web-1'", &["i-2"]),
        ("tags.value <> 'x'", &["i-1", "i-2"]),
        // What is not there.
        ("configuration.placement.hostId = 'x'", &[]),
        ("NOT configuration.size > 0 AND resourceType LIKE 'AWS::EC2::S%'", &["sg-1", "sg-2"]),
        ("configuration.nothing != 'x'", &[]),
        ("configuration.placement = 'default'", &[]),
        ("configuration.placement != 'default'", &[]),
        // Names that the schema has and items have not.
        ("configuration.state.value = 'in-use'", &["vol-1", "vol-2"]),
        ("configuration.state.value = 'running'", &["i-1"]),
        ("configuration.state.code = 16", &["i-1"]),
        ("supplementaryConfiguration.instanceStatus = 'Unmanaged'", &["acme-logs"]),
        ("supplementaryConfiguration.BucketVersioningConfiguration.status = 'Enabled'", &["acme-logs"]),
        ("configuration.\"AWS:Application\".Content.Name = 'openssl'", &["mi-1"]),
        ("version = '1.3' AND resourceId = 'i-1'", &["i-1"]),
    ] {
        assert_eq!(found(condition), expected, "{condition}");
    }
}

#[test]
fn a_type_and_an_id_tell_that_a_resource_is_not_wanted() {
    for (text, may_match) in [
        ("SELECT resourceId", true),
        ("SELECT resourceId WHERE resourceType = 'T'", true),
        ("SELECT resourceId WHERE resourceType = 'U'", false),
        ("SELECT resourceId WHERE resourceType = 'U' OR configuration.a = 1", true),
        ("SELECT resourceId WHERE resourceType = 'U' AND configuration.a = 1", false),
        ("SELECT resourceId WHERE NOT resourceType IN ('T')", false),
        ("SELECT resourceId WHERE NOT (resourceType = 'T' AND configuration.a = 1)", true),
        ("SELECT resourceId WHERE resourceType NOT LIKE 'T'", false),
    ] {
        let known = |name: &str| (name == "resourceType").then_some("T");
        assert_eq!(plan(text).may_match(&known), may_match, "{text}");
    }
}

#[test]
fn what_is_no_text_alone_is_not_looked_for_in_texts() {
    let needle = |condition: &str| plan(&format!("SELECT resourceId WHERE {condition}")).needle(&|_| true);
    for condition in [
        "configuration.a = '10'",
        "configuration.a = 'TRUE'",
        "configuration.a = '2026-07-04'",
        "configuration.a = '10.0.0.1'",
        "configuration.a != 'abc'",
        "configuration.a NOT IN ('abc')",
        "NOT configuration.a = 'abc'",
        "configuration.a = 'abc' OR configuration.b = 1",
        "configuration.a < 'abc'",
        "configuration.a LIKE '100%'",
    ] {
        assert_eq!(needle(condition), crate::needle::Needle::Anything, "{condition}");
    }
    assert_ne!(needle("configuration.a = 'abc'"), crate::needle::Needle::Anything);
}
