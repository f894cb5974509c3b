//! The credential report: a table of how root and each user can sign in, as AWS writes it.

use std::collections::BTreeMap;

use api::CallContext;
use base::Timestamp;
use store::catalog::Key;

use super::Iam;
use super::login_profiles::ROOT;
use super::shapes::arn;
use crate::record::{AccessKey, LoginProfile, MfaDevice, Owner, PasswordPolicy, User};

/// The columns (documented). Keys and certificates are two of each.
const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
                      password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
                      access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
                      access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
                      access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,\
                      cert_2_active,cert_2_last_rotated";
/// What a cell says where there is nothing that it could be about.
const NONE: &str = "N/A";
/// What a cell says of a password that nobody has signed in with.
const NEVER_USED: &str = "no_information";
/// What is never told of root.
const UNSUPPORTED: &str = "not_supported";

/// The report of the caller's account as of now. No cell needs quotes: names and paths of users have no commas.
pub(crate) fn written(iam: &Iam, cx: &CallContext) -> String {
    let policy = iam.catalog.get::<PasswordPolicy>(&PasswordPolicy::key(cx.account()));
    let mut known = Known {
        iam,
        cx,
        policy: policy.as_ref().map(|found| found.value.as_ref()),
        keys: BTreeMap::new(),
        with_mfa: Vec::new(),
    };
    for (_, found) in iam.catalog.list::<AccessKey>(cx.account(), None) {
        let owner = match &found.value.owner {
            Owner::Root => None,
            Owner::User(key) => Some(key.clone()),
        };
        known.keys.entry(owner).or_default().push(found.value.as_ref().clone());
    }
    let devices = iam.catalog.list::<MfaDevice>(cx.account(), None);
    known.with_mfa =
        devices.iter().filter_map(|(_, device)| Some(device.value.enabled.as_ref()?.user_id.clone())).collect();
    known.with_mfa.sort_unstable();
    let mut lines = vec![HEADER.to_owned(), known.root()];
    lines.extend(iam.list::<User>(cx, None).iter().map(|(key, user)| known.user(key, &user.value)));
    lines.join("\n")
}

/// What the lines are written from.
struct Known<'a> {
    iam: &'a Iam,
    cx: &'a CallContext,
    policy: Option<&'a PasswordPolicy>,
    /// By the user's key; root's by none.
    keys: BTreeMap<Option<String>, Vec<AccessKey>>,
    /// Unique ids, sorted.
    with_mfa: Vec<String>,
}

impl Known<'_> {
    /// An account has no date of its own here, as `GetUser` has it too.
    fn root(&self) -> String {
        let profile = self.profile(ROOT);
        let mut cells = vec![
            "<root_account>".to_owned(),
            self.cx.arn_of("iam", "", "root").to_string(),
            time(Timestamp::from_secs(0)),
            profile.is_some().to_string(),
            // AWS's root has a password always; what reads the report expects a time or this.
            profile.as_ref().map_or_else(|| NEVER_USED.to_owned(), last_used),
            UNSUPPORTED.to_owned(),
            UNSUPPORTED.to_owned(),
            self.has_mfa(ROOT).to_string(),
        ];
        cells.extend(self.secrets(None));
        cells.join(",")
    }

    fn user(&self, key: &str, user: &User) -> String {
        let profile = self.profile(&user.id);
        let profile = profile.as_ref();
        let mut cells = vec![
            user.name.clone(),
            arn(self.cx, user),
            time(user.created),
            profile.is_some().to_string(),
            or_none(profile.map(last_used)),
            or_none(profile.map(|profile| time(profile.since()))),
            or_none(profile.and_then(|profile| profile.expires(self.policy)).map(time)),
            self.has_mfa(&user.id).to_string(),
        ];
        cells.extend(self.secrets(Some(key.to_owned())));
        cells.join(",")
    }

    fn profile(&self, key: &str) -> Option<LoginProfile> {
        let found = self.iam.catalog.get::<LoginProfile>(&Key::global(self.cx.account(), key))?;
        Some(found.value.as_ref().clone())
    }

    fn has_mfa(&self, id: &str) -> bool {
        self.with_mfa.binary_search_by(|with| with.as_str().cmp(id)).is_ok()
    }

    /// Two access keys, the older first, and the certificates, which nobody has here.
    fn secrets(&self, owner: Option<String>) -> Vec<String> {
        let mut keys: Vec<&AccessKey> = self.keys.get(&owner).map(|keys| keys.iter().collect()).unwrap_or_default();
        keys.sort_by_key(|key| (key.created, key.id.clone()));
        let mut cells = Vec::new();
        for at in 0..super::access_keys::PER_USER_MAX {
            cells.extend(self.access_key(keys.get(at).copied()));
        }
        cells.extend(["false", NONE, "false", NONE].map(str::to_owned));
        cells
    }

    fn access_key(&self, key: Option<&AccessKey>) -> [String; 5] {
        let used = key.and_then(|key| self.iam.authenticator.last_used(self.cx.account(), &key.id));
        [
            key.is_some_and(|key| key.active).to_string(),
            or_none(key.map(|key| time(key.created))),
            or_none(used.as_ref().map(|used| time(used.at))),
            or_none(used.as_ref().map(|used| used.region.clone())),
            or_none(used.map(|used| used.service)),
        ]
    }
}

fn last_used(profile: &LoginProfile) -> String {
    profile.last_used.map_or_else(|| NEVER_USED.to_owned(), time)
}

fn or_none(cell: Option<String>) -> String {
    cell.unwrap_or_else(|| NONE.to_owned())
}

/// `2026-01-31T10:00:00+00:00`: the report writes the offset out.
fn time(at: Timestamp) -> String {
    at.iso_secs().replace('Z', "+00:00")
}
