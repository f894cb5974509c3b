//! What files and programs say to the agent's inventory: whatever the text, it is read or refused.
//!
//! The first byte of the data chooses the reader.

#![no_main]

use agent::inventory::item::{Item, fit};
use agent::inventory::{
    custom, details, dpkg, firewall, instance, network, npm, pip, rpm, service, snap, windows_update,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((reader, text)) = data.split_first() else { return };
    let text = &*String::from_utf8_lossy(text);
    let (one, other) = text.split_once('\0').unwrap_or((text, ""));
    let entries = match reader % 12 {
        0 => return drop(dpkg::parse(text)),
        1 => rpm::parse(text).unwrap_or_default(),
        2 => return drop(snap::parse(text)),
        3 => npm::parse(text, "", "").into_iter().collect(),
        4 => pip::parse(text, "", "", "").into_iter().collect(),
        5 => return drop(details::parse(text)),
        6 => return drop((network::gateways(one, other), network::dhclient_server(one, other))),
        7 => service::parse(one, other),
        8 => firewall::parse_nft(text).unwrap_or_default(),
        9 => [firewall::parse_iptables(text, "ip"), firewall::parse_ufw(text)].concat(),
        10 => windows_update::parse(text).unwrap_or_default(),
        _ => {
            instance::parse(text);
            custom::parse(text).map(|item| item.entries).unwrap_or_default()
        }
    };
    let content = fit(Item::new("AWS:Application", "1.1", entries));
    let read: Vec<agent::inventory::item::Entry> = serde_json::from_str(&content.json).expect("content is JSON");
    assert!(read.iter().flatten().all(|(name, value)| !name.is_empty() && value.chars().count() <= 4096));
});
