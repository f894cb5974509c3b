//! What look-ups search for, as numbers: the hash of an attribute with its value.

use super::{Attribute, TrailEvent};

/// The hash of `attribute=value`. It is written into files: it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Token(pub u64);

#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    EventId = 1,
    EventName = 2,
    Username = 3,
    ResourceType = 4,
    ResourceName = 5,
    EventSource = 6,
    AccessKeyId = 7,
}

impl Token {
    // FNV-1a over the kind and the value, then a finalizer (MurmurHash3's) so that all
    // bits depend on all bytes.
    fn new(kind: Kind, value: &str) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in std::iter::once(kind as u8).chain(value.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        Self(hash ^ (hash >> 33))
    }

    /// The token to look for; `None` when the attribute is not indexed.
    pub fn of_attribute(attribute: &Attribute) -> Option<Self> {
        Some(match attribute {
            Attribute::EventId(value) => Self::new(Kind::EventId, value),
            Attribute::EventName(value) => Self::new(Kind::EventName, value),
            Attribute::Username(value) => Self::new(Kind::Username, value),
            Attribute::ResourceType(value) => Self::new(Kind::ResourceType, value),
            Attribute::ResourceName(value) => Self::new(Kind::ResourceName, value),
            Attribute::EventSource(value) => Self::new(Kind::EventSource, value),
            Attribute::AccessKeyId(value) => Self::new(Kind::AccessKeyId, value),
            // Half of all events: every block has both values.
            Attribute::ReadOnly(_) => return None,
        })
    }

    /// All tokens of an event.
    pub fn each_of(event: &TrailEvent, mut with: impl FnMut(Self)) {
        with(Self::new(Kind::EventId, &event.event_id));
        with(Self::new(Kind::EventName, &event.event_name));
        with(Self::new(Kind::EventSource, &event.event_source));
        if let Some(username) = &event.username {
            with(Self::new(Kind::Username, username));
        }
        if let Some(access_key_id) = &event.access_key_id {
            with(Self::new(Kind::AccessKeyId, access_key_id));
        }
        for (kind, name) in &event.resources {
            if let Some(kind) = kind {
                with(Self::new(Kind::ResourceType, kind));
            }
            with(Self::new(Kind::ResourceName, name));
        }
    }
}

impl Attribute {
    /// Whether an event has this attribute.
    pub fn matches(&self, event: &TrailEvent) -> bool {
        match self {
            Self::EventId(value) => event.event_id == *value,
            Self::EventName(value) => event.event_name == *value,
            Self::ReadOnly(value) => event.read_only == *value,
            Self::Username(value) => event.username.as_ref() == Some(value),
            Self::ResourceType(value) => event.resources.iter().any(|(kind, _)| kind.as_ref() == Some(value)),
            Self::ResourceName(value) => event.resources.iter().any(|(_, name)| name == value),
            Self::EventSource(value) => event.event_source == *value,
            Self::AccessKeyId(value) => event.access_key_id.as_ref() == Some(value),
        }
    }
}
