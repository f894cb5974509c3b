use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

/// Versions in ascending order; those of a line are equal.
type Chain = &'static [&'static [&'static str]];

/// Debian Policy 5.6.12 and what `dpkg --compare-versions` says.
const DEBIAN: &[Chain] = &[
    // The example of the policy.
    &[&["~~"], &["~~a"], &["~"], &["", "0", "00"], &["a"]],
    &[
        &["1.0~rc1"],
        &["1.0~rc2"],
        &["1.0", "1.0-0", "0:1.0", "1.00", " 1.0 "],
        &["1.0-1"],
        &["1.0a"],
        &["1.0+b1"],
        &["1.0.1"],
    ],
    &[&["1.9"], &["1.10"], &["1.10.1"], &["2.0"], &["1:1.0"], &["1:2.0"], &["2:0.1"], &["10:0"]],
    &[&["3.0.15-1~deb12u1"], &["3.0.15-1"], &["3.0.15-1ubuntu1"], &["3.0.15-1+deb12u1"], &["3.0.15-1.1"]],
    &[&["1.2-3-9"], &["1.2-3-10"]],
    &[&["7.6-0"], &["7.6p2-4"]],
    &[&["1.0-1"], &["1.0.3-3"]],
    &[&["18446744073709551615"], &["18446744073709551616"], &["99999999999999999999999"]],
    // What has no number before its colon has no epoch.
    &[&["9"], &["a:1"]],
];

/// What rpm's own tests of versions say (`rpmvercmp.at`), and its parts beside them.
const RPM: &[Chain] = &[
    &[
        &["1.0~rc1~git123"],
        &["1.0~rc1"],
        &["1.0~rc2"],
        &["1.0", "1_0", "1.00", "0:1.0"],
        &["1.0^"],
        &["1.0^git1~pre"],
        &["1.0^git1"],
        &["1.0^git2"],
        &["1.0.1"],
        &["1.01"],
    ],
    &[&["1.0^20160101"], &["1.0^20160101^git1"], &["1.0^20160102"], &["1.0.1"]],
    &[&["1.0~rc1"], &["1.0~rc1^git1"], &["1.0"]],
    &[&["2.0"], &["2.0.rc1"], &["2.0.1"], &["2.0.1a"], &["2.0.1aa"], &["2.0.1b"]],
    &[&["5.5p1"], &["5.5p2"], &["5.5p10"], &["5.6p1"], &["6.5p1"]],
    &[&["xyz.4"], &["xyz10"], &["xyz10.1"], &["2"], &["8"], &["10xyz"], &["10.1xyz"]],
    &[&["10.0001", "10.1"], &["10.0039"]],
    &[&["4.999.9"], &["5.0"], &["20101121"], &["20101122"]],
    &[&["", "+", "_", "ü"], &["a", "a+", "+a", "_a"]],
    &[&["10a1"], &["10a2"], &["10b2"]],
    &[&["1.9"], &["1.10"], &["3.0.7"], &["3.0.7-9.el9"], &["3.0.7-27.el9"], &["1:1.0"], &["1:3.0.7-1.el9"], &["2:0"]],
];

/// The order that PEP 440 gives as an example, and its other spellings.
const PYTHON: &[Chain] = &[
    &[
        &["1.dev0", "1.0.DEV0"],
        &["1.0.dev456", "1.0-dev456"],
        &["1.0a1", "v1.0.alpha-1", "1a1"],
        &["1.0a2.dev456"],
        &["1.0a12.dev456"],
        &["1.0a12"],
        &["1.0b1.dev456"],
        &["1.0b2", "1.0beta2"],
        &["1.0b2.post345.dev456"],
        &["1.0b2.post345"],
        &["1.0rc1.dev456"],
        &["1.0rc1", "1.0c1", "1.0-preview1"],
        &["1.0", "1", "1.0.0", " 1.0 "],
        &["1.0+abc.5", "1.0+abc_5"],
        &["1.0+abc.7"],
        &["1.0+5"],
        &["1.0.post456.dev34"],
        &["1.0.post456", "1.0-456", "1.0-r456"],
        &["1.0.15"],
        &["1.1.dev1"],
        &["1.9"],
        &["1.10"],
        &["2023.10.1"],
        &["1!0.1"],
    ],
    // What is no version is before all versions.
    &[&["1.0-final"], &["custom"], &["0.dev0"]],
];

/// The orders that the specification of Semantic Versioning gives as examples.
const SEMANTIC: &[Chain] = &[
    &[
        &["1.0.0-alpha"],
        &["1.0.0-alpha.1"],
        &["1.0.0-alpha.beta"],
        &["1.0.0-beta"],
        &["1.0.0-beta.2"],
        &["1.0.0-beta.11"],
        &["1.0.0-rc.1"],
        &["1.0.0", "v1.0.0", "1", "1.0", "1.0.0+build.1"],
        &["1.9.0"],
        &["1.10.0"],
        &["2.0.0"],
        &["2.1.0"],
        &["2.1.1"],
    ],
    &[&["1.x"], &["latest"], &["0.0.0-0"], &["0.0.0"]],
];

#[test]
fn versions_are_ordered_as_whoever_manages_the_package_orders_them() {
    for (scheme, chains) in
        [(Scheme::Debian, DEBIAN), (Scheme::Rpm, RPM), (Scheme::Python, PYTHON), (Scheme::Semantic, SEMANTIC)]
    {
        for chain in chains {
            let places: Vec<_> = chain
                .iter()
                .enumerate()
                .flat_map(|(at, line)| line.iter().map(move |version| (at, *version)))
                .collect();
            for (a_at, a) in &places {
                for (b_at, b) in &places {
                    assert_eq!(scheme.compare(a, b), a_at.cmp(b_at), "{} {a:?} {b:?}", scheme.name());
                }
            }
        }
    }
}

#[test]
fn schemes_have_names() {
    for scheme in Scheme::ALL {
        assert_eq!(Scheme::of_name(scheme.name()), Some(scheme));
    }
    assert_eq!(Scheme::of_name("DPKG"), None);
}

#[test]
fn entries_tell_whose_package_it_is() {
    let of = |application_type, package_id, release, epoch| Package {
        version: "1",
        release,
        epoch,
        application_type,
        package_id,
    };
    for (package, expected) in [
        (of("utils", "openssl_3.0.15-1_amd64.deb", "", ""), Scheme::Debian),
        (of("npm", "npm_9.2.0_all.deb", "", ""), Scheme::Debian),
        (of("Unspecified", "bash-5.1.8-9.el9.src.rpm", "9.el9", ""), Scheme::Rpm),
        (of("", "", "1", ""), Scheme::Rpm),
        (of("", "", "", "2"), Scheme::Rpm),
        (of("pip", "/srv/venv/lib/python3.12/site-packages/acme-1.dist-info", "", ""), Scheme::Python),
        (of("npm", "/usr/lib/node_modules/npm", "", ""), Scheme::Semantic),
        (of("app", "", "", ""), Scheme::Debian),
        (Package::default(), Scheme::Debian),
    ] {
        assert_eq!(package.scheme(), expected, "{package:?}");
    }
}

#[test]
fn packages_are_compared_to_what_is_asked_for() {
    let rpm = |epoch, version, release| Package { version, release, epoch, ..Package::default() };
    let deb = |version| Package { version, package_id: "a.deb", ..Package::default() };
    for (package, asked, expected) in [
        // What is not asked for of rpm's packages does not matter.
        (rpm("1", "3.0.7", "27.el9"), "3.0.8", Ordering::Less),
        (rpm("1", "3.0.7", "27.el9"), "3.0.7", Ordering::Equal),
        (rpm("1", "3.0.7", "27.el9"), "3.0.7-28.el9", Ordering::Less),
        (rpm("1", "3.0.7", "27.el9"), "1:3.0.7-9.el9", Ordering::Greater),
        (rpm("1", "3.0.7", "27.el9"), "0:9", Ordering::Greater),
        (rpm("", "3.0.7", "27.el9"), "1:3.0.7", Ordering::Less),
        (rpm("", "1:3.0.7-27.el9", "27.el9"), "1:3.0.7-27.el9", Ordering::Equal),
        // Debian's have an epoch in their version, which counts.
        (deb("1:1.0-1"), "2.0", Ordering::Greater),
        (deb("1.0~rc1-1"), "1.0", Ordering::Less),
        (deb("1.0-1"), "1.0", Ordering::Greater),
    ] {
        assert_eq!(package.compare(asked), expected, "{package:?} {asked}");
    }
}

#[test]
fn full_versions_have_what_rpm_tells_beside_the_version() {
    for (epoch, version, release, expected) in [
        ("1", "3.0.7", "27.el9", "1:3.0.7-27.el9"),
        ("0", "5.1.8", "9.el9", "5.1.8-9.el9"),
        ("", "5.1.8", "9.el9", "5.1.8-9.el9"),
        ("(none)", "5.1.8", "9.el9", "5.1.8-9.el9"),
        ("2", "8", "", "2:8"),
        ("", "1:8-1", "", "1:8-1"),
    ] {
        assert_eq!(Package { epoch, version, release, ..Package::default() }.full_version(), expected);
    }
}

/// Texts that are versions, nearly ones, or neither.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-2]{1,2}(\\.[0-2]{1,2}){0,2}(~|\\^|-|\\+|a|rc|\\.dev|\\.post)?[0-2]?",
        "([0-1]:)?[0-1~^.a+-]{0,6}",
        ".{0,8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn any_texts_have_one_order(a in text(), b in text(), c in text()) {
        for scheme in Scheme::ALL {
            prop_assert_eq!(scheme.compare(&a, &a), Ordering::Equal);
            prop_assert_eq!(scheme.compare(&a, &b), scheme.compare(&b, &a).reverse());
            if scheme.compare(&a, &b).is_le() && scheme.compare(&b, &c).is_le() {
                prop_assert!(scheme.compare(&a, &c).is_le(), "{} {a:?} {b:?} {c:?}", scheme.name());
            }
            if scheme.compare(&a, &b).is_eq() {
                prop_assert_eq!(scheme.compare(&a, &c), scheme.compare(&b, &c));
            }
        }
    }
}
