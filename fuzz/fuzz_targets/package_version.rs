//! Versions of packages: any texts have one order, by the rules of each manager.
//!
//! The first three lines of the data are the texts.

#![no_main]

use lang::package_version::Scheme;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let [a, b, c] = [(); 3].map(|()| lines.next().unwrap_or_default());
    for scheme in Scheme::ALL {
        assert_eq!(scheme.compare(a, b), scheme.compare(b, a).reverse());
        assert!(scheme.compare(a, b).is_gt() || scheme.compare(b, c).is_gt() || scheme.compare(a, c).is_le());
    }
});
