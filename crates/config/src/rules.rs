//! The managed rules: those that can be evaluated, one file each in `rules/`, and all that AWS has, by `managed-rules.csv`.

mod access_keys_rotated;
mod acm_certificate_expiration_check;
mod approved_amis_by_id;
mod approved_amis_by_tag;
mod aws_config_process_check;
mod cloud_trail_cloud_watch_logs_enabled;
mod cloud_trail_enabled;
mod cloud_trail_encryption_enabled;
mod cloud_trail_log_file_validation_enabled;
mod cloudtrail_s3_dataevents_enabled;
mod cloudtrail_security_trail_enabled;
mod cloudwatch_alarm_action_check;
mod cloudwatch_alarm_action_enabled_check;
mod cloudwatch_alarm_resource_check;
mod cloudwatch_alarm_settings_check;
mod cloudwatch_log_group_encrypted;
mod cmk_backing_key_rotation_enabled;
mod cw_loggroup_retention_period_check;
mod db_instance_backup_enabled;
mod desired_instance_type;
mod dynamodb_pitr_enabled;
mod ebs_snapshot_public_restorable_check;
mod ec2_ebs_encryption_by_default;
mod ec2_imdsv2_check;
mod ec2_instance_detailed_monitoring_enabled;
mod ec2_instance_managed_by_ssm;
mod ec2_instance_no_public_ip;
mod ec2_instance_profile_attached;
mod ec2_managedinstance_applications_blacklisted;
mod ec2_managedinstance_applications_required;
mod ec2_managedinstance_association_compliance_status_check;
mod ec2_managedinstance_inventory_blacklisted;
mod ec2_managedinstance_patch_compliance_status_check;
mod ec2_managedinstance_platform_check;
mod ec2_security_group_attached_to_eni_periodic;
mod ec2_stopped_instance;
mod ec2_volume_inuse_check;
mod eip_attached;
mod encrypted_volumes;
mod iam_group_has_users_check;
mod iam_no_inline_policy_check;
mod iam_password_policy;
mod iam_policy_blacklisted_check;
mod iam_policy_in_use;
mod iam_policy_no_statements_with_admin_access;
mod iam_policy_no_statements_with_full_access;
mod iam_root_access_key_check;
mod iam_user_group_membership_check;
mod iam_user_mfa_enabled;
mod iam_user_no_policies_check;
mod iam_user_unused_credentials_check;
mod incoming_ssh_disabled;
mod instances_in_vpc;
mod kms_cmk_not_scheduled_for_deletion;
mod known;
mod lambda_function_public_access_prohibited;
mod lambda_function_settings_check;
mod mfa_enabled_for_iam_console_access;
mod multi_region_cloud_trail_enabled;
mod no_unrestricted_route_to_igw;
mod page;
mod rds_instance_deletion_protection_enabled;
mod rds_instance_public_access_check;
mod rds_multi_az_support;
mod rds_snapshots_public_prohibited;
mod rds_storage_encrypted;
mod required_tags;
mod restricted_incoming_traffic;
mod root_account_mfa_enabled;
mod s3_account_level_public_access_blocks;
mod s3_account_level_public_access_blocks_periodic;
mod s3_bucket_acl_prohibited;
mod s3_bucket_default_lock_enabled;
mod s3_bucket_level_public_access_prohibited;
mod s3_bucket_logging_enabled;
mod s3_bucket_public_read_prohibited;
mod s3_bucket_public_write_prohibited;
mod s3_bucket_replication_enabled;
mod s3_bucket_server_side_encryption_enabled;
mod s3_bucket_ssl_requests_only;
mod s3_bucket_versioning_enabled;
mod s3_default_encryption_kms;
mod s3_event_notifications_enabled;
mod s3_lifecycle_policy_check;
mod secretsmanager_rotation_enabled_check;
mod sns_encrypted_kms;
mod subnet_auto_assign_public_ip_disabled;
mod vpc_default_security_group_closed;
mod vpc_flow_logs_enabled;
mod vpc_sg_open_only_to_authorized_ports;

#[cfg(test)]
pub(crate) use known::of_priority;
pub use known::{KnownRule, known};
pub use page::page;

use crate::rule::ManagedRule;

/// The rules that can be evaluated, by identifier. One line each.
static RULES: &[&ManagedRule] = &[
    &access_keys_rotated::RULE,
    &acm_certificate_expiration_check::RULE,
    &approved_amis_by_id::RULE,
    &approved_amis_by_tag::RULE,
    &aws_config_process_check::RULE,
    &cloudtrail_s3_dataevents_enabled::RULE,
    &cloudtrail_security_trail_enabled::RULE,
    &cloudwatch_alarm_action_check::RULE,
    &cloudwatch_alarm_action_enabled_check::RULE,
    &cloudwatch_alarm_resource_check::RULE,
    &cloudwatch_alarm_settings_check::RULE,
    &cloudwatch_log_group_encrypted::RULE,
    &cloud_trail_cloud_watch_logs_enabled::RULE,
    &cloud_trail_enabled::RULE,
    &cloud_trail_encryption_enabled::RULE,
    &cloud_trail_log_file_validation_enabled::RULE,
    &cmk_backing_key_rotation_enabled::RULE,
    &cw_loggroup_retention_period_check::RULE,
    &db_instance_backup_enabled::RULE,
    &desired_instance_type::RULE,
    &dynamodb_pitr_enabled::RULE,
    &ebs_snapshot_public_restorable_check::RULE,
    &ec2_ebs_encryption_by_default::RULE,
    &ec2_imdsv2_check::RULE,
    &ec2_instance_detailed_monitoring_enabled::RULE,
    &ec2_instance_managed_by_ssm::RULE,
    &ec2_instance_no_public_ip::RULE,
    &ec2_instance_profile_attached::RULE,
    &ec2_managedinstance_applications_blacklisted::RULE,
    &ec2_managedinstance_applications_required::RULE,
    &ec2_managedinstance_association_compliance_status_check::RULE,
    &ec2_managedinstance_inventory_blacklisted::RULE,
    &ec2_managedinstance_patch_compliance_status_check::RULE,
    &ec2_managedinstance_platform_check::RULE,
    &ec2_security_group_attached_to_eni_periodic::RULE,
    &ec2_stopped_instance::RULE,
    &ec2_volume_inuse_check::RULE,
    &eip_attached::RULE,
    &encrypted_volumes::RULE,
    &iam_group_has_users_check::RULE,
    &iam_no_inline_policy_check::RULE,
    &iam_password_policy::RULE,
    &iam_policy_blacklisted_check::RULE,
    &iam_policy_in_use::RULE,
    &iam_policy_no_statements_with_admin_access::RULE,
    &iam_policy_no_statements_with_full_access::RULE,
    &iam_root_access_key_check::RULE,
    &iam_user_group_membership_check::RULE,
    &iam_user_mfa_enabled::RULE,
    &iam_user_no_policies_check::RULE,
    &iam_user_unused_credentials_check::RULE,
    &incoming_ssh_disabled::RULE,
    &instances_in_vpc::RULE,
    &kms_cmk_not_scheduled_for_deletion::RULE,
    &lambda_function_public_access_prohibited::RULE,
    &lambda_function_settings_check::RULE,
    &mfa_enabled_for_iam_console_access::RULE,
    &multi_region_cloud_trail_enabled::RULE,
    &no_unrestricted_route_to_igw::RULE,
    &rds_instance_deletion_protection_enabled::RULE,
    &rds_instance_public_access_check::RULE,
    &rds_multi_az_support::RULE,
    &rds_snapshots_public_prohibited::RULE,
    &rds_storage_encrypted::RULE,
    &required_tags::RULE,
    &restricted_incoming_traffic::RULE,
    &root_account_mfa_enabled::RULE,
    &s3_account_level_public_access_blocks::RULE,
    &s3_account_level_public_access_blocks_periodic::RULE,
    &s3_bucket_acl_prohibited::RULE,
    &s3_bucket_default_lock_enabled::RULE,
    &s3_bucket_level_public_access_prohibited::RULE,
    &s3_bucket_logging_enabled::RULE,
    &s3_bucket_public_read_prohibited::RULE,
    &s3_bucket_public_write_prohibited::RULE,
    &s3_bucket_replication_enabled::RULE,
    &s3_bucket_server_side_encryption_enabled::RULE,
    &s3_bucket_ssl_requests_only::RULE,
    &s3_bucket_versioning_enabled::RULE,
    &s3_default_encryption_kms::RULE,
    &s3_event_notifications_enabled::RULE,
    &s3_lifecycle_policy_check::RULE,
    &secretsmanager_rotation_enabled_check::RULE,
    &sns_encrypted_kms::RULE,
    &subnet_auto_assign_public_ip_disabled::RULE,
    &vpc_default_security_group_closed::RULE,
    &vpc_flow_logs_enabled::RULE,
    &vpc_sg_open_only_to_authorized_ports::RULE,
];

/// All rules that can be evaluated, by identifier.
pub fn all() -> &'static [&'static ManagedRule] {
    RULES
}

/// The rule with an identifier, if it can be evaluated.
pub fn rule(identifier: &str) -> Option<&'static ManagedRule> {
    RULES.iter().find(|rule| rule.identifier == identifier).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Subject;

    #[test]
    fn the_rules_are_sorted_and_there_once() {
        assert!(RULES.is_sorted_by(|a, b| a.identifier < b.identifier));
    }

    #[test]
    fn a_rule_is_what_the_table_says() {
        for rule in RULES {
            let known = known(rule.identifier).expect(rule.identifier);
            assert_eq!(rule.trigger, known.trigger, "{}", rule.identifier);
            assert_eq!(rule.parameters, known.parameters, "{}", rule.identifier);
            let types: Vec<&str> = known.resource_types.clone();
            match rule.subject {
                // What says how to evaluate a rule names types that AWS's page for it does not.
                Subject::Resources(own) => assert!(types.iter().all(|of| own.contains(of)), "{}", rule.identifier),
                Subject::AnyResource => assert!(!types.is_empty(), "{}", rule.identifier),
                Subject::Account => {
                    assert!(types.is_empty() || types == ["AWS::::Account"], "{}", rule.identifier);
                }
            }
        }
    }
}
