//! Patterns of actions and resources: `*` is any text, `?` any character.

/// Whether all that fits `narrow` fits `wide`; `narrow` may be a pattern or plain text.
pub(crate) fn covers(wide: &str, narrow: &str) -> bool {
    table(wide, narrow, |wide, narrow| wide == narrow || (wide == '?' && narrow != '*'), Stars::OfTheFirst)
}

/// Whether something fits both.
pub(crate) fn meet(a: &str, b: &str) -> bool {
    table(a, b, |a, b| a == b || a == '?' || b == '?', Stars::OfBoth)
}

#[derive(Clone, Copy, PartialEq)]
enum Stars {
    OfTheFirst,
    OfBoth,
}

/// Whether two patterns fit each other, decided from their ends: a cell says whether the rests from there do.
fn table(a: &str, b: &str, fit: fn(char, char) -> bool, stars: Stars) -> bool {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut below = vec![false; b.len() + 1];
    for i in (0..=a.len()).rev() {
        let mut row = vec![false; b.len() + 1];
        for j in (0..=b.len()).rev() {
            let (left, right) = (a.get(i).copied(), b.get(j).copied());
            row[j] = if left == Some('*') {
                below[j] || (j < b.len() && row[j + 1])
            } else if right == Some('*') && stars == Stars::OfBoth {
                row[j + 1] || (i < a.len() && below[j])
            } else {
                match (left, right) {
                    (None, None) => true,
                    (Some(left), Some(right)) => fit(left, right) && below[j + 1],
                    _ => false,
                }
            };
        }
        below = row;
    }
    below[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_is_narrower() {
        for (wide, narrow, expected) in [
            ("*", "s3:*", true),
            ("s3:*", "s3:get*", true),
            ("s3:get*", "s3:getobject", true),
            ("s3:g?tobject", "s3:getobject", true),
            ("s3:getobject", "s3:get*", false),
            ("s3:ge?", "s3:ge*", false),
            ("", "", true),
            ("*", "", true),
            ("s3:*", "s3", false),
        ] {
            assert_eq!(covers(wide, narrow), expected, "{wide} {narrow}");
        }
    }

    #[test]
    fn patterns_meet_where_a_text_fits_both() {
        for (a, b, expected) in [
            ("s3:*object", "s3:get*", true),
            ("*", "s3:get*", true),
            ("s3:g*", "s3:get*", true),
            ("s3:put*", "s3:get*", false),
            ("ec2:*", "s3:get*", false),
            ("s3:?et*", "s3:get*", true),
            ("a*b", "b*a", false),
            ("**", "*", true),
        ] {
            assert_eq!(meet(a, b), expected, "{a} {b}");
            assert_eq!(meet(b, a), expected, "{b} {a}");
        }
    }
}
