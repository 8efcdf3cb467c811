//! A `.heapsnapshot` file to be written: where, how large, and what it tells of what strings hold.
#![forbid(unsafe_code)]

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::snapshot_name::{snapshot_name, time_in_name};
use super::target_file::{TargetFile, io_error};
use crate::error::Error;
use crate::snapshot::{HeapGraph, StringText, write_snapshot};

/// Leaves a sixth of the plain file. The copy shares its processor with the service.
const COMPRESSION: Compression = Compression::fast();

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FilePlan {
    pub place: Place,
    pub strings: StringText,
    /// Whether it is compressed; unless that is said, its name tells.
    pub gzip: Option<bool>,
    pub max_bytes: Option<u64>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// What is there is replaced.
    File(PathBuf),
    /// A name of ours in this folder, which holds so many of them at most.
    Folder {
        folder: PathBuf,
        max_files: Option<usize>,
    },
}

impl FilePlan {
    /// # Errors
    ///
    /// Those of [`TargetFile::create`].
    pub fn create(&self) -> Result<TargetFile, Error> {
        match &self.place {
            Place::File(path) => TargetFile::create(path),
            Place::Folder { folder, .. } => {
                let is_gzip = self.gzip == Some(true);
                let name = snapshot_name(std::process::id(), SystemTime::now(), is_gzip);
                TargetFile::create(&folder.join(name))
            }
        }
    }

    /// Writes the heap, without what it must not tell.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] and [`Error::FileTooLarge`].
    pub fn write(&self, mut graph: HeapGraph, target: &TargetFile) -> Result<(), Error> {
        graph.redact(self.strings);
        let path = target.path();
        let is_gzip = self
            .gzip
            .unwrap_or_else(|| path.extension().is_some_and(|extension| extension == "gz"));
        let mut file = Bounded {
            file: target.writer(),
            left_bytes: self.max_bytes.unwrap_or(u64::MAX),
            is_full: false,
        };
        let written = match is_gzip {
            true => write_gzip(&graph, &mut file),
            false => write_snapshot(&graph, &mut file),
        };
        match (written, self.max_bytes) {
            (Err(_), Some(limit_bytes)) if file.is_full => Err(Error::FileTooLarge {
                path: path.to_path_buf(),
                limit_bytes,
            }),
            (written, _) => written.map_err(|source| io_error("write", path, source)),
        }
    }

    /// Gives the file its name, and removes older ones where they would be too many.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn keep(&self, target: TargetFile) -> Result<PathBuf, Error> {
        let path = target.keep()?;
        self.remove_old(&path)?;
        Ok(path)
    }

    /// The same in a copy of the process; nothing is left when it fails.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn keep_in_copy(&self, target: &TargetFile) -> Result<(), Error> {
        target.rename()?;
        self.remove_old(target.path())
    }

    fn remove_old(&self, newest: &Path) -> Result<(), Error> {
        if let Place::Folder {
            folder,
            max_files: Some(max_files),
        } = &self.place
        {
            return remove_old(folder, newest, *max_files);
        }
        Ok(())
    }
}

fn write_gzip(graph: &HeapGraph, file: impl Write) -> io::Result<()> {
    let mut encoder = GzEncoder::new(file, COMPRESSION);
    write_snapshot(graph, &mut encoder)?;
    encoder.finish().map(drop)
}

/// Removes files with a name of ours, the oldest first, until there are no more than `max_files`. The newest
/// one stays. What another process has removed meanwhile is gone as well.
fn remove_old(folder: &Path, newest: &Path, max_files: usize) -> Result<(), Error> {
    let listing = fs::read_dir(folder).map_err(|source| io_error("list", folder, source))?;
    let mut old = Vec::new();
    for entry in listing {
        let entry = entry.map_err(|source| io_error("list", folder, source))?;
        let name = entry.file_name();
        let time = name.to_str().and_then(time_in_name);
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if let Some(time) = time
            && is_file
            && entry.path() != newest
        {
            old.push((time.to_owned(), entry.path()));
        }
    }
    old.sort();
    let surplus = (old.len() + 1).saturating_sub(max_files.max(1));
    for (_, path) in old.into_iter().take(surplus) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("remove", &path, error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Takes no more than so many bytes.
struct Bounded<W> {
    file: W,
    left_bytes: u64,
    is_full: bool,
}

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left_bytes {
            self.is_full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let written = self.file.write(bytes)?;
        self.left_bytes -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::snapshot::{Builder, NodeIndex, NodeKind, Unwatched, read_file};

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("memwatch-files-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("created");
        folder
    }

    fn plan(place: Place) -> FilePlan {
        FilePlan {
            place,
            strings: StringText::None,
            gzip: None,
            max_bytes: None,
        }
    }

    fn heap() -> HeapGraph {
        let mut heap = Builder::new();
        for at in 0..1000 {
            heap.add_node(NodeKind::String, "s3cret", at, 8);
        }
        heap.build()
    }

    fn write(plan: &FilePlan) -> Result<PathBuf, Error> {
        let target = plan.create()?;
        plan.write(heap(), &target)?;
        plan.keep(target)
    }

    fn names(folder: &Path) -> Vec<String> {
        let listing = fs::read_dir(folder).expect("readable");
        let mut names: Vec<String> = listing
            .map(|entry| {
                entry
                    .expect("readable")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn it_is_compressed_where_its_name_or_the_caller_says_so() {
        let folder = folder("gzip");
        for (name, gzip, expected) in [
            ("a", None, false),
            ("a", Some(true), true),
            ("a.gz", None, true),
            ("a.gz", Some(false), false),
        ] {
            let plan = FilePlan {
                gzip,
                ..plan(Place::File(folder.join(name)))
            };
            let path = write(&plan).expect("written");
            let bytes = fs::read(&path).expect("readable");
            assert_eq!(
                bytes.starts_with(&[0x1f, 0x8b]),
                expected,
                "{name} {gzip:?}"
            );
            let graph = read_file(&path, &Unwatched).expect("whole");
            assert_eq!(graph.node_count(), 1001);
            assert_eq!(graph.node_name(NodeIndex::new(1)), "(string)");
        }
    }

    #[test]
    fn one_that_would_be_too_large_is_not_there() {
        let folder = folder("large");
        for gzip in [false, true] {
            let within = |max_bytes| FilePlan {
                gzip: Some(gzip),
                max_bytes: Some(max_bytes),
                ..plan(Place::File(folder.join("a")))
            };
            let length = fs::metadata(write(&within(u64::MAX)).expect("written"))
                .expect("there")
                .len();
            fs::remove_file(folder.join("a")).expect("removed");
            let error = write(&within(length - 1)).expect_err("too large");
            assert_eq!(error.code(), "ERR_MEMWATCH_FILE_TOO_LARGE");
            assert_eq!(names(&folder), [""; 0]);
            write(&within(length)).expect("just fits");
            fs::remove_file(folder.join("a")).expect("removed");
        }
    }

    #[test]
    fn old_ones_are_removed_and_nothing_else() {
        let folder = folder("old");
        let others = [
            "heap.heapsnapshot",
            "heap-1-20200101T000000-000Z.heapsnapshot.7.tmp",
            "Heap-20260101.120000.42.0.001.heapsnapshot",
        ];
        let ours = [
            "heap-7-20200101T000000-000Z.heapsnapshot",
            "heap-1-20210101T000000-000Z.heapsnapshot.gz",
            "heap-9-20220101T000000-000Z.heapsnapshot",
        ];
        for name in others.iter().chain(&ours) {
            fs::write(folder.join(name), "").expect("written");
        }
        let link = "heap-1-20190101T000000-000Z.heapsnapshot";
        symlink("elsewhere", folder.join(link)).expect("linked");
        let keeping = |max_files| {
            plan(Place::Folder {
                folder: folder.clone(),
                max_files,
            })
        };
        let name_of = |path: PathBuf| {
            path.file_name()
                .expect("named")
                .to_str()
                .expect("text")
                .to_owned()
        };
        let expect = |kept: &[&str]| {
            let mut expected: Vec<String> = others
                .iter()
                .chain([&link])
                .chain(kept)
                .map(|name| (*name).to_owned())
                .collect();
            expected.sort();
            assert_eq!(names(&folder), expected);
        };
        let first = name_of(write(&keeping(Some(3))).expect("written"));
        expect(&[ours[1], ours[2], &first]);
        let gzip = FilePlan {
            gzip: Some(true),
            ..keeping(Some(1))
        };
        let second = name_of(write(&gzip).expect("written"));
        assert!(second.ends_with(".heapsnapshot.gz"), "{second}");
        expect(&[&second]);
        let third = name_of(write(&keeping(None)).expect("written"));
        assert_ne!(third, second);
        expect(&[&second, &third]);
    }
}
