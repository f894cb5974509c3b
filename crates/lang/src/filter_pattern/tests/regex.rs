//! Regular expressions (logs.md §3.4).

use super::check;
use crate::filter_pattern::FilterPattern;

#[test]
fn what_the_subset_has() {
    check(&[
        ("%AUTH%", "UNAUTHORIZED", true),
        ("%^[hc]at%", "cat nap", true),
        ("%^[hc]at%", "a cat", false),
        ("%[hc]at$%", "a hat", true),
        ("%[^b]at%", "bat", false),
        ("%[a-c0-2]x%", "bx", true),
        ("%[a-]x%", "-x", true),
        ("%colou?r%", "color", true),
        ("%ab*c%", "ac", true),
        ("%ab+c%", "ac", false),
        ("%^a{2}$%", "aa", true),
        ("%^a{,2}$%", "aaa", false),
        ("%^a{2,}$%", "aaaa", true),
        ("%^a{1,2}$%", "aaa", false),
        ("%a|^b%", "cb", false),
        ("%a|^b%", "bc", true),
        (r"%\d{3}%", "404", true),
        (r"%^\D+$%", "a1", false),
        (r"%a\sb%", "a\tb", true),
        (r"%a\Sb%", "a b", false),
        (r"%^\w+$%", "snake_1", true),
        (r"%\W%", "a_1", false),
        (r"%[\d\s]x%", "7x", true),
        (r"%\x21%", "no!", true),
        (r"%[\x28\x29]%", "f()", true),
        (r"%1\.1%", "111", false),
        (r"%\[x\]%", "a[x]", true),
        (r"%a\\b%", r"a\b", true),
        (r"%[.$*+?|{}]%", "a?", true),
        ("%a b%", "a b", true),
        ("%x:_#=@/;,-y%", "x:_#=@/;,-y", true),
    ]);
}

#[test]
fn messages_are_bytes() {
    check(&[("%^a.b$%", "aéb", false), ("%^a..b$%", "aéb", true), (r"%^\w$%", "é", false), ("%A%", "a", false)]);
}

#[test]
fn what_the_subset_has_not_is_refused() {
    for text in [
        "%%",
        "%(a)%",
        r"%\(%",
        "%a!b%",
        "%é%",
        "%a**%",
        "%a+?%",
        "%*a%",
        "%{2}%",
        "%a{2%",
        "%a{}%",
        "%a{,}%",
        "%a{3,2}%",
        "%a{x}%",
        "%]%",
        "%}%",
        "%[a%",
        "%[]%",
        "%[z-a]%",
        r"%[\d-z]%%",
        r"%[a-\d]%",
        r"%\%",
        r"%\b%",
        r"%\x4%",
        r"%\xg0%",
        r"%\1%",
        "%\"%",
        "%'%",
        "%a<b%",
        "%(?i)a%",
        "%a{99999999999}%",
        "%a{100000}%",
    ] {
        let error = FilterPattern::parse(text).expect_err(text);
        assert_eq!(error.message, "Invalid filter pattern", "{text}");
    }
}

#[test]
fn what_would_take_others_forever_takes_no_time() {
    let message = "a".repeat(100_000);
    check(&[("%a*a*a*a*a*a*a*a*b%", &message, false)]);
}
