//! `disk_*`: room and inodes of the local file systems.

use std::collections::HashSet;

use rustix::fs::statvfs;

use super::{CollectError, Collector, Proc, percent};
use crate::datum::{Dimension, Sample, Unit, is_dimension_value};
use crate::settings::DiskSettings;

/// Images that are made full and stay so.
const READ_ONLY_IMAGES: [&str; 5] = ["squashfs", "erofs", "cramfs", "iso9660", "udf"];
/// Local file systems that the kernel counts among those without a block device.
const LOCAL_WITHOUT_DEVICE: [&str; 1] = ["zfs"];

/// The collector; room is a state, so it keeps none.
pub(super) struct Disk {
    settings: DiskSettings,
}

impl Disk {
    pub(super) fn new(settings: DiskSettings) -> Self {
        Self { settings }
    }
}

impl Collector for Disk {
    fn collect(&mut self, proc: &Proc) -> Result<Vec<Sample>, CollectError> {
        let filesystems = proc.read("filesystems")?;
        let without_device = without_device(&filesystems);
        let mounts = parse(&proc.read("self/mountinfo")?).ok_or(CollectError::Form("/proc/self/mountinfo"))?;
        let mut samples = Vec::new();
        for mount in choose(mounts, &without_device, &self.settings) {
            // A file system that was just unmounted, or that this user may not look at.
            let Ok(found) = statvfs(mount.path.as_str()) else { continue };
            let blocks = Blocks {
                size: found.f_frsize,
                total: found.f_blocks,
                free: found.f_bfree,
                available: found.f_bavail,
                inodes: found.f_files,
                inodes_free: found.f_ffree,
            };
            samples.extend(measure(&mount, &blocks));
        }
        Ok(samples)
    }
}

/// One line of `/proc/self/mountinfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    /// `major:minor`, the same for every place a file system is mounted at.
    number: String,
    path: String,
    kind: String,
    device: String,
}

/// What `statvfs` says.
struct Blocks {
    size: u64,
    total: u64,
    free: u64,
    available: u64,
    inodes: u64,
    inodes_free: u64,
}

/// File systems that the kernel marks `nodev`.
fn without_device(text: &str) -> HashSet<&str> {
    text.lines().filter_map(|line| line.strip_prefix("nodev")).map(str::trim).collect()
}

fn parse(text: &str) -> Option<Vec<Mount>> {
    text.lines().map(parse_line).collect()
}

/// `36 35 98:0 /root /mount/point options [optional …] - type device options`
fn parse_line(line: &str) -> Option<Mount> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ').skip(2);
    let number = left.next()?.to_owned();
    let path = unescape(left.nth(1)?);
    let mut right = right.split(' ');
    let kind = right.next()?.to_owned();
    let device = unescape(right.next()?);
    Some(Mount { number, path, kind, device })
}

/// Blank, tab, newline and backslash are written as three octal digits.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        match after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &after[3..];
            }
            None => {
                out.push('\\');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The local file systems, each once, at the shortest of its paths. Network file systems are
/// left out unless asked for: looking at one whose server is gone would wait for ever.
fn choose(mounts: Vec<Mount>, without_device: &HashSet<&str>, settings: &DiskSettings) -> Vec<Mount> {
    let real = |mount: &Mount| {
        let kind = mount.kind.as_str();
        let local = !without_device.contains(kind) && !READ_ONLY_IMAGES.contains(&kind);
        // In a container the root is an overlay, and the only room that it has.
        let root = kind == "overlay" && mount.path == "/";
        local || root || LOCAL_WITHOUT_DEVICE.contains(&kind) || settings.more_types.iter().any(|more| more == kind)
    };
    let wanted = |mount: &Mount| match &settings.mount_points {
        Some(points) => points.contains(&mount.path),
        None => true,
    };
    let mut chosen: Vec<Mount> = Vec::new();
    for mount in mounts.into_iter().filter(|mount| real(mount) && wanted(mount)) {
        match chosen.iter_mut().find(|at| at.number == mount.number) {
            Some(at) if mount.path.len() < at.path.len() => *at = mount,
            Some(_) => {}
            // A file system that was mounted over another one hides it.
            None => {
                chosen.retain(|at| at.path != mount.path);
                chosen.push(mount);
            }
        }
    }
    chosen.retain(|mount| is_dimension_value(&mount.path) && is_dimension_value(&mount.device));
    chosen
}

/// `used_percent` is of what a user can have: the reserve of root is neither free nor used.
fn measure(mount: &Mount, blocks: &Blocks) -> Vec<Sample> {
    if blocks.total == 0 {
        return Vec::new();
    }
    let device = mount.device.strip_prefix("/dev/").unwrap_or(&mount.device);
    let dimensions =
        [Dimension::new("device", device), Dimension::new("fstype", &mount.kind), Dimension::new("path", &mount.path)];
    let bytes = |blocks_count: u64| blocks_count as f64 * blocks.size as f64;
    let used = blocks.total.saturating_sub(blocks.free);
    let inodes_used = blocks.inodes.saturating_sub(blocks.inodes_free);
    let fields = [
        ("disk_total", Unit::Bytes, bytes(blocks.total)),
        ("disk_free", Unit::Bytes, bytes(blocks.available)),
        ("disk_used", Unit::Bytes, bytes(used)),
        ("disk_used_percent", Unit::Percent, percent(used as f64, (used + blocks.available) as f64)),
        ("disk_inodes_total", Unit::Count, blocks.inodes as f64),
        ("disk_inodes_free", Unit::Count, blocks.inodes_free as f64),
        ("disk_inodes_used", Unit::Count, inodes_used as f64),
    ];
    fields.map(|(name, unit, value)| Sample::new(name, unit, value).of(&dimensions)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILESYSTEMS: &str = "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\toverlay\nnodev\tnfs4\nnodev\tzfs\n\
                               \text4\n\tsquashfs\n\tvfat\n";
    const MOUNTINFO: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
24 27 0:6 / /run rw,nosuid shared:5 - tmpfs tmpfs rw,size=100k
27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
28 27 254:2 / /boot/efi rw - vfat /dev/vda2 rw
29 27 254:1 /srv /mnt/bind rw - ext4 /dev/vda1 rw
30 27 7:3 / /snap/core ro - squashfs /dev/loop3 ro
31 27 0:50 / /net rw - nfs4 server:/export rw
32 27 0:51 / /pool rw - zfs pool/data rw
33 27 254:3 / /mnt/my\\040disk rw - ext4 /dev/mapper/data rw
";

    fn chosen(settings: &DiskSettings) -> Vec<String> {
        let mounts = parse(MOUNTINFO).unwrap();
        choose(mounts, &without_device(FILESYSTEMS), settings).into_iter().map(|mount| mount.path).collect()
    }

    #[test]
    fn real_file_systems_are_chosen_once_each() {
        assert_eq!(chosen(&DiskSettings::default()), ["/", "/boot/efi", "/pool", "/mnt/my disk"]);
        let more = DiskSettings { more_types: vec!["nfs4".to_owned()], ..DiskSettings::default() };
        assert!(chosen(&more).contains(&"/net".to_owned()));
        let some = DiskSettings { mount_points: Some(vec!["/pool".to_owned()]), ..DiskSettings::default() };
        assert_eq!(chosen(&some), ["/pool"]);
    }

    #[test]
    fn the_overlay_of_a_container_counts_as_its_root_only() {
        let text = "1 0 0:9 / / rw - overlay overlay rw\n2 1 0:8 / /var/lib/x/merged rw - overlay overlay rw\n";
        let chosen = choose(parse(text).unwrap(), &without_device(FILESYSTEMS), &DiskSettings::default());
        assert_eq!(chosen.iter().map(|mount| mount.path.as_str()).collect::<Vec<_>>(), ["/"]);
    }

    #[test]
    fn room_is_counted_as_df_does() {
        let mount = parse_line("27 1 254:1 / / rw - ext4 /dev/vda1 rw").unwrap();
        let blocks = Blocks { size: 4096, total: 1000, free: 400, available: 300, inodes: 50, inodes_free: 20 };
        let samples = measure(&mount, &blocks);
        let values: Vec<(&str, f64)> =
            samples.iter().map(|sample| (sample.series.name.as_str(), sample.value)).collect();
        assert_eq!(
            values,
            [
                ("disk_total", 4_096_000.0),
                ("disk_free", 1_228_800.0),
                ("disk_used", 2_457_600.0),
                ("disk_used_percent", 100.0 * 600.0 / 900.0),
                ("disk_inodes_total", 50.0),
                ("disk_inodes_free", 20.0),
                ("disk_inodes_used", 30.0),
            ]
        );
        let dimensions: Vec<(&str, &str)> =
            samples[0].series.dimensions.iter().map(|at| (at.name.as_str(), at.value.as_str())).collect();
        assert_eq!(dimensions, [("device", "vda1"), ("fstype", "ext4"), ("path", "/")]);
    }

    #[test]
    fn a_line_of_another_form_is_not_guessed_at() {
        assert_eq!(parse("1 2 3:4 / /mnt rw ext4 /dev/sda rw\n"), None);
        assert_eq!(unescape("a\\040b\\134c\\9"), "a b\\c\\9");
    }
}
