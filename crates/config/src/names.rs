//! Ids at the end of ARNs (W-8).

use base::Entropy;

const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// So many lower-case letters and digits at random.
pub(crate) fn unique(entropy: &dyn Entropy, length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        // Bytes past the last whole round of letters would make the first ones likelier.
        let fair = bytes.iter().filter(|byte| **byte < 252).map(|byte| char::from(LETTERS[usize::from(byte % 36)]));
        text.extend(fair.take(length - text.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use base::SeededEntropy;

    use super::*;

    #[test]
    fn ids_have_their_length_and_letters() {
        for length in [6, 8, 16, 40] {
            let id = unique(&SeededEntropy::new(1), length);
            assert_eq!(id.len(), length);
            assert!(id.bytes().all(|byte| LETTERS.contains(&byte)));
        }
    }
}
