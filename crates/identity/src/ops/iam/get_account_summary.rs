//! `GetAccountSummary`: counts what the account has, beside its quotas.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Key;

use crate::iam::Iam;
use crate::iam::access_keys;
use crate::iam::attached::ATTACHED_MAX;
use crate::iam::find::{GROUPS_MAX, POLICIES_MAX, ROLES_MAX, USERS_MAX};
use crate::iam::login_profiles::ROOT;
use crate::iam::trust::TRUST_CHARS_MAX;
use crate::mfa::devices_of;
use crate::ops::iam::add_user_to_group::GROUPS_PER_USER_MAX;
use crate::ops::iam::create_policy::CHARS_MAX;
use crate::ops::iam::create_policy_version::VERSIONS_MAX;
use crate::record::{Group, Holder as _, LoginProfile, MfaDevice, Owner, Policy, Role, User};

pub(super) async fn get_account_summary(
    iam: &Iam,
    cx: &CallContext,
    _input: Unit,
) -> Result<types::GetAccountSummaryResponse, ServiceError> {
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let policies = iam.catalog.list::<Policy>(cx.account(), None);
    let versions = policies.iter().map(|(_, policy)| policy.value.versions.len()).sum();
    let root_keys = access_keys::of(iam, cx, &Owner::Root).len();
    let root_password = iam.catalog.get::<LoginProfile>(&Key::global(cx.account(), ROOT));
    let devices = iam.catalog.list::<MfaDevice>(cx.account(), None);
    let root_devices = devices_of(&iam.catalog, cx.account(), ROOT).len();
    let attached = count(ATTACHED_MAX);
    // What this server has none of has a quota of none.
    let entries = [
        ("Users", count(iam.list::<User>(cx, None).len())),
        ("UsersQuota", count(USERS_MAX)),
        ("Groups", count(iam.list::<Group>(cx, None).len())),
        ("GroupsQuota", count(GROUPS_MAX)),
        ("Roles", count(iam.list::<Role>(cx, None).len())),
        ("RolesQuota", count(ROLES_MAX)),
        ("Policies", count(policies.len())),
        ("PoliciesQuota", count(POLICIES_MAX)),
        ("PolicySizeQuota", count(CHARS_MAX)),
        ("PolicyVersionsInUse", count(versions)),
        ("PolicyVersionsInUseQuota", count(POLICIES_MAX * VERSIONS_MAX)),
        ("VersionsPerPolicyQuota", count(VERSIONS_MAX)),
        ("UserPolicySizeQuota", count(User::INLINE_BYTES_MAX)),
        ("GroupPolicySizeQuota", count(Group::INLINE_BYTES_MAX)),
        ("RolePolicySizeQuota", count(Role::INLINE_BYTES_MAX)),
        ("AssumeRolePolicySizeQuota", count(TRUST_CHARS_MAX)),
        ("AttachedPoliciesPerUserQuota", attached),
        ("AttachedPoliciesPerGroupQuota", attached),
        ("AttachedPoliciesPerRoleQuota", attached),
        ("GroupsPerUserQuota", count(GROUPS_PER_USER_MAX)),
        ("AccessKeysPerUserQuota", count(access_keys::PER_USER_MAX)),
        ("AccountAccessKeysPresent", i32::from(root_keys > 0)),
        ("AccountMFAEnabled", i32::from(root_devices > 0)),
        ("AccountPasswordPresent", i32::from(root_password.is_some())),
        ("AccountSigningCertificatesPresent", 0),
        ("MFADevices", count(devices.len())),
        ("MFADevicesInUse", count(devices.iter().filter(|(_, device)| device.value.enabled.is_some()).count())),
        ("SigningCertificatesPerUserQuota", 0),
        ("ServerCertificates", 0),
        ("ServerCertificatesQuota", 0),
        ("InstanceProfiles", 0),
        ("InstanceProfilesQuota", 0),
        ("Providers", 0),
        ("GlobalEndpointTokenVersion", 2),
    ];
    let summary_map = entries.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Ok(types::GetAccountSummaryResponse { summary_map: Some(summary_map) })
}
