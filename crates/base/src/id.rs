//! The identifiers AWS hands out: UUIDs, IAM unique ids, access keys and secrets.

use crate::entropy::Entropy;
use crate::place::AccountId;

pub use uuid::Uuid;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SECRET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A random (version 4) UUID.
pub fn uuid(entropy: &dyn Entropy) -> Uuid {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// What an IAM unique id or access key id stands for; each has its own prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdKind {
    /// `AIDA`: an IAM user.
    User,
    /// `AROA`: an IAM role.
    Role,
    /// `AGPA`: an IAM group.
    Group,
    /// `ANPA`: a managed policy.
    Policy,
    /// `AKIA`: a long-term access key.
    AccessKey,
    /// `ASIA`: a temporary access key.
    TemporaryAccessKey,
}

impl IdKind {
    /// The four letters that ids of this kind start with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::User => "AIDA",
            Self::Role => "AROA",
            Self::Group => "AGPA",
            Self::Policy => "ANPA",
            Self::AccessKey => "AKIA",
            Self::TemporaryAccessKey => "ASIA",
        }
    }
}

/// A new IAM unique id or access key id.
///
/// The first eight characters after the prefix carry the account id, as AWS's own
/// key ids do, so that `sts:GetAccessKeyInfo` can answer from the id alone; the
/// rest is random. As at AWS, keys have 20 characters and everything else 21.
pub fn unique_id(kind: IdKind, account: &AccountId, entropy: &dyn Entropy) -> String {
    let mut random = [0; 9];
    let random = match kind {
        IdKind::AccessKey | IdKind::TemporaryAccessKey => &mut random[..8],
        IdKind::User | IdKind::Role | IdKind::Group | IdKind::Policy => &mut random[..],
    };
    entropy.fill(random);
    let number = account.number();
    let mut id = String::with_capacity(21);
    id.push_str(kind.prefix());
    // Forty bits hold every account id (10^12 < 2^40).
    for shift in (0..8).rev() {
        id.push(char::from(BASE32[((number >> (shift * 5)) & 31) as usize]));
    }
    id.extend(random.iter().map(|byte| char::from(BASE32[usize::from(byte & 31)])));
    id
}

/// The account that an id made by [`unique_id`] belongs to.
pub fn account_of_unique_id(id: &str) -> Option<AccountId> {
    let digits = id.get(4..12)?;
    let mut number = 0u64;
    for byte in digits.bytes() {
        let digit = BASE32.iter().position(|b| *b == byte)?;
        number = (number << 5) | digit as u64;
    }
    AccountId::from_number(number)
}

/// A new secret access key: 40 characters, 240 random bits.
pub fn secret_key(entropy: &dyn Entropy) -> String {
    let mut random = [0; 40];
    entropy.fill(&mut random);
    random.iter().map(|byte| char::from(SECRET[usize::from(byte & 63)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn an_access_key_id_names_its_account() {
        let entropy = SeededEntropy::new(7);
        for account in ["000000000000", "111122223333", "999999999999"] {
            let account: AccountId = account.parse().unwrap();
            let id = unique_id(IdKind::AccessKey, &account, &entropy);
            assert_eq!(id.len(), 20);
            assert_eq!(account_of_unique_id(&id), Some(account));
        }
        assert_eq!(account_of_unique_id("AKIA0000"), None);
    }
}
