//! A file with what a heap holds, as a copy writes it: under a temporary name in the same folder until it is whole, mode 0600.
#![forbid(unsafe_code)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use super::written_pages::WrittenPages;
use crate::error::Error;

/// A file in the making; it goes when this is dropped unless it was kept.
#[derive(Debug)]
pub struct TargetFile {
    path: PathBuf,
    /// None for a device, which is written to as it is.
    temporary: Option<PathBuf>,
    file: File,
}

impl TargetFile {
    /// Opens it. What is at `path` stays as it is until the new file is whole.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when it cannot be written to.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let failed = |source| io_error("write", path, source);
        match fs::metadata(path) {
            Ok(found) if is_device(&found) => {
                let file = File::options().write(true).open(path).map_err(failed)?;
                return Ok(Self {
                    path: path.to_path_buf(),
                    temporary: None,
                    file,
                });
            }
            Ok(found) if !found.is_file() => {
                return Err(failed(io::Error::other("it is not a regular file")));
            }
            _ => {}
        }
        let name = path
            .file_name()
            .ok_or_else(|| failed(io::ErrorKind::InvalidFilename.into()))?;
        let mut temporary = name.to_os_string();
        temporary.push(format!(".{}.tmp", std::process::id()));
        let temporary = path.with_file_name(temporary);
        // Left behind by a process of the same id that was killed.
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let file = create_new(&temporary).map_err(failed)?;
        Ok(Self {
            path: path.to_path_buf(),
            temporary: Some(temporary),
            file,
        })
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    /// Writes it from its beginning.
    pub fn writer(&self) -> Box<dyn Write + '_> {
        match self.temporary {
            Some(_) => Box::new(WrittenPages::of(&self.file)),
            None => Box::new(&self.file),
        }
    }

    /// What it will be called.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Empties it, for another attempt. Copies share the place in the file.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn empty(&self) -> Result<(), Error> {
        if self.temporary.is_none() {
            return Ok(());
        }
        let emptied = self.file.set_len(0).and_then(|()| (&self.file).rewind());
        emptied.map_err(|source| io_error("empty", &self.path, source))
    }

    /// Gives it its name.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; nothing is left then.
    pub fn keep(mut self) -> Result<PathBuf, Error> {
        self.rename()?;
        self.temporary = None;
        Ok(self.path.clone())
    }

    /// The same in a copy of the process, where nothing is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn rename(&self) -> Result<(), Error> {
        match &self.temporary {
            Some(temporary) => fs::rename(temporary, &self.path)
                .map_err(|source| io_error("write", &self.path, source)),
            None => Ok(()),
        }
    }

    /// Removes what was written, unless it has its name.
    pub fn remove(&self) {
        if let Some(temporary) = &self.temporary {
            // Where it cannot be removed nobody can do anything about it.
            let _ = fs::remove_file(temporary);
        }
    }
}

impl Drop for TargetFile {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Writes a file with this content, whole or not at all, that only its owner reads.
///
/// # Errors
///
/// [`Error::Io`]; nothing is left then.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<PathBuf, Error> {
    let target = TargetFile::create(path)?;
    let written = target.file().write_all(content);
    written.map_err(|source| io_error("write", path, source))?;
    target.keep()
}

pub fn io_error(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_path_buf(),
        source,
    }
}

fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(unix)]
fn is_device(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_device(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("memwatch-target-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("created");
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let listing = fs::read_dir(folder).expect("readable");
        let name = |entry: io::Result<fs::DirEntry>| entry.expect("readable").file_name();
        listing
            .map(|entry| name(entry).into_string().expect("text"))
            .collect()
    }

    #[test]
    fn it_has_its_name_only_when_it_is_whole() {
        let folder = folder("whole");
        let path = folder.join("a");
        fs::write(&path, "before").expect("written");
        let target = TargetFile::create(&path).expect("created");
        target.file().write_all(b"first attempt").expect("written");
        target.empty().expect("emptied");
        target.file().write_all(b"second").expect("written");
        assert_eq!(fs::read(&path).expect("readable"), b"before");
        assert_eq!(target.keep().expect("renamed"), path);
        assert_eq!(fs::read(&path).expect("readable"), b"second");
        assert_eq!(names(&folder), ["a"]);
    }

    #[test]
    fn nothing_is_left_of_one_that_was_not_kept() {
        let folder = folder("dropped");
        drop(TargetFile::create(&folder.join("a")).expect("created"));
        assert_eq!(names(&folder), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let path = folder("mode").join("a");
        TargetFile::create(&path)
            .expect("created")
            .keep()
            .expect("renamed");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn content_is_written_whole_or_not_at_all() {
        let folder = folder("content");
        let written = write_whole(&folder.join("a"), b"content").expect("written");
        assert_eq!(fs::read(&written).expect("readable"), b"content");
        let error = write_whole(&folder.join("missing/a"), b"content").expect_err("no folder");
        assert_eq!(error.code(), "ERR_MEMWATCH_IO");
        assert_eq!(names(&folder), ["a"]);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = folder("refused");
        for path in [folder.clone(), folder.join("missing/a"), "..".into()] {
            let error = TargetFile::create(&path).expect_err("refused");
            assert_eq!(error.code(), "ERR_MEMWATCH_IO");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_stays() {
        let target = TargetFile::create(Path::new("/dev/null")).expect("opened");
        target.file().write_all(b"text").expect("written");
        target.empty().expect("nothing to empty");
        target.keep().expect("nothing to rename");
        let found = fs::metadata("/dev/null").expect("there");
        assert!(is_device(&found));
    }
}
