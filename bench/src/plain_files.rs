//! The limit that objects are held against: plain files, each synced with its folder, and read from the page cache.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::objects::content;

/// Files that are written and read.
pub struct Files {
    /// Where.
    pub folder: PathBuf,
    /// Bytes of each.
    pub bytes: usize,
    /// Threads that work at the same time, each in a folder of its own.
    pub threads: usize,
}

/// Writes so many files; gives files a second.
pub fn write(files: &Files, count: usize) -> Result<f64, Failure> {
    let each = count.div_ceil(files.threads);
    let started = Instant::now();
    let written = in_threads(files, |folder| {
        fs::create_dir_all(folder)?;
        let bytes = content(0, files.bytes);
        for number in 0..each {
            let mut file = File::create(folder.join(number.to_string()))?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            File::open(folder)?.sync_all()?;
        }
        Ok(each)
    })?;
    Ok(written as f64 / started.elapsed().as_secs_f64())
}

/// Reads the files over and over for about `time`; gives files a second.
pub fn read(files: &Files, time: Duration) -> Result<f64, Failure> {
    let started = Instant::now();
    let read = in_threads(files, |folder| {
        let paths: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
        let (mut buffer, mut read) = (vec![0; files.bytes.min(256 << 10)], 0);
        while started.elapsed() < time {
            for path in &paths {
                let mut file = File::open(path)?;
                while file.read(&mut buffer)? > 0 {}
                read += 1;
            }
        }
        Ok(read)
    })?;
    Ok(read as f64 / started.elapsed().as_secs_f64())
}

fn in_threads(files: &Files, work: impl Fn(&Path) -> std::io::Result<usize> + Sync) -> Result<usize, Failure> {
    thread::scope(|scope| {
        let spawn = |number: usize| {
            let (work, folder) = (&work, files.folder.join(number.to_string()));
            scope.spawn(move || work(&folder))
        };
        let threads: Vec<_> = (0..files.threads).map(spawn).collect();
        let mut done = 0;
        for thread in threads {
            done += thread.join().map_err(|_| "a thread panicked")??;
        }
        Ok(done)
    })
}
