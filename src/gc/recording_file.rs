//! The file of a recording: one monitor at a time writes to it, only its owner reads it, and a file that
//! is something else is left as it was.
#![forbid(unsafe_code)]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::Path;

use crate::error::Error;

/// Opens it, or creates it with mode 0600, and locks it. What is in there stays until the caller empties it.
///
/// An empty file, and one that begins with `mark`, may be overwritten.
///
/// # Errors
///
/// [`Error::RecordingInUse`] when another monitor writes to it, [`Error::ForeignRecording`] when it is some
/// other file, [`Error::Io`] when the system refuses.
pub fn claim(path: &Path, mark: &[u8]) -> Result<File, Error> {
    let failed = |action| {
        move |source| Error::Io {
            action,
            path: path.to_path_buf(),
            source,
        }
    };
    let file = open(path).map_err(failed("open"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(Error::RecordingInUse { path: path.into() });
        }
        Err(TryLockError::Error(source)) => return Err(failed("lock")(source)),
    }
    if let Some(why) = why_foreign(&file, mark).map_err(failed("read"))? {
        return Err(Error::ForeignRecording {
            path: path.to_path_buf(),
            why: why.into(),
        });
    }
    restrict(&file).map_err(failed("restrict"))?;
    Ok(file)
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// An old recording may have been made readable to others.
fn restrict(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// An empty file and an old recording may be overwritten, anything else is somebody's data.
fn why_foreign(file: &File, mark: &[u8]) -> io::Result<Option<&'static str>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Some("it is not a regular file"));
    }
    if metadata.len() == 0 {
        return Ok(None);
    }
    let mut found = vec![0; mark.len()];
    let ours = (&mut &*file).read_exact(&mut found).is_ok() && found == mark;
    Ok((!ours).then_some("it holds something else and is left as it was"))
}
