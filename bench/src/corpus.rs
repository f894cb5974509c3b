//! Log lines by the gigabyte: real lines over and over, with fresh ids, numbers, addresses and times.

use std::path::PathBuf;

use crate::Failure;

/// A line, and which system it is of.
pub struct Line<'a> {
    /// The number of the system.
    pub system: usize,
    /// The text, until the next line is made.
    pub text: &'a str,
}

/// Makes lines from real ones.
pub struct Corpus {
    systems: Vec<Vec<String>>,
    random: Random,
    made: usize,
    text: String,
}

/// Where the real lines lie: `BENCH_LOGHUB`, or beside the project. `None` when they are not there.
pub fn folder() -> Option<PathBuf> {
    let given = std::env::var_os("BENCH_LOGHUB").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/loghub");
    given.into_iter().chain([beside]).find(|folder| folder.is_dir())
}

impl Corpus {
    /// Reads the real lines.
    pub fn open(folder: &std::path::Path) -> Result<Self, Failure> {
        let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        files.sort_by_key(std::fs::DirEntry::file_name);
        let mut systems = Vec::new();
        for file in files {
            let text = String::from_utf8_lossy(&std::fs::read(file.path())?).into_owned();
            systems.push(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect());
        }
        Ok(Self { systems, random: Random(0x9e37_79b9_7f4a_7c15), made: 0, text: String::new() })
    }

    /// How many systems there are.
    pub fn systems(&self) -> usize {
        self.systems.len()
    }

    /// The next line: its system's next real line, a few at a time of each, at this second of its day.
    pub fn next(&mut self, second_of_day: i64) -> Line<'_> {
        let system = self.made / 8 % self.systems.len();
        let lines = &self.systems[system];
        let round = self.made / 8 / self.systems.len();
        let line = &lines[(round * 8 + self.made % 8) % lines.len()];
        self.made += 1;
        refresh(line, second_of_day, &mut self.random, &mut self.text);
        Line { system, text: &self.text }
    }
}

/// Copies a line with what is unique in it made anew: times of day become this one, addresses come from some
/// thousands, ids and long numbers are fresh.
fn refresh(line: &str, second_of_day: i64, random: &mut Random, out: &mut String) {
    out.clear();
    for piece in line.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '.'))) {
        let ends_with_separator = !piece.ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.'));
        let cut = piece.char_indices().last().filter(|_| ends_with_separator).map_or(piece.len(), |(at, _)| at);
        // A colon or a full stop at a word's end is none of it.
        let word = piece[..cut].trim_end_matches([':', '.']);
        fresh_word(word, second_of_day, random, out);
        out.push_str(&piece[word.len()..]);
    }
}

fn fresh_word(word: &str, second_of_day: i64, random: &mut Random, out: &mut String) {
    use std::fmt::Write;
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_time = word.len() == 8 && digits == 6 && word.as_bytes()[2] == b':' && word.as_bytes()[5] == b':';
    let parts = word.split('.').count();
    let is_address = parts == 4 && word.split('.').all(|part| part.parse::<u8>().is_ok());
    let is_hex = word.len() >= 8 && digits > 0 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let written = if is_time {
        let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
        write!(out, "{hour:02}:{minute:02}:{second:02}")
    } else if is_address {
        let host = random.below(4000);
        write!(out, "10.{}.{}.{}", host % 16, host / 250, host % 250)
    } else if digits == word.len() && (5..=19).contains(&digits) {
        // The first digits of a number say how large it is, and change the least.
        let fresh = random.next() % 10_u64.pow(digits as u32 - 2);
        write!(out, "{}{fresh:0width$}", &word[..2], width = digits - 2)
    } else if is_hex {
        for _ in 0..word.len() {
            out.push(char::from_digit((random.next() & 15) as u32, 16).expect("below 16"));
        }
        Ok(())
    } else {
        out.push_str(word);
        Ok(())
    };
    written.expect("writing to a string does not fail");
}

/// xorshift64*: the same lines in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 8
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unique_is_made_anew_and_the_rest_stays() {
        let mut random = Random(7);
        let (mut once, mut again) = (String::new(), String::new());
        let line = "20:16:55 req-38101a0b-2096 from 10.1.2.3: took 12 ms, blk_3587508140051953248";
        refresh(line, 3_661, &mut random, &mut once);
        refresh(line, 3_661, &mut random, &mut again);
        assert_ne!(once, again);
        for text in [&once, &again] {
            assert!(text.starts_with("01:01:01 req-"), "{text}");
            assert!(text.contains(" took 12 ms, blk_35"), "{text}");
            assert!(!text.contains("38101a0b") && !text.contains("10.1.2.3"), "{text}");
        }
    }
}
