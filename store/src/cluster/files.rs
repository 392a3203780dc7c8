use std::{
    fs::{self, File, OpenOptions},
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

use super::{ClusterError, ServerUser};

/// The longest socket path that every unix takes is 107 bytes; `.s.PGSQL.5432` and a slash come last.
const MAX_SOCKET_DIR: usize = 107 - "/.s.PGSQL.5432".len();

/// The folders of a cluster.
#[derive(Clone, Debug)]
pub(super) struct Home {
    /// The project's data folder, absolute.
    data: PathBuf,
    /// The server's files; absent until the cluster is made.
    pub postgres: PathBuf,
}

impl Home {
    /// Makes the data folder if absent and decides where the server's files go.
    pub fn open(data: &Path, user: &ServerUser) -> Result<Self, ClusterError> {
        fs::create_dir_all(data).map_err(ClusterError::io("make the data folder", data))?;
        let data = fs::canonicalize(data).map_err(ClusterError::io("find the data folder", data))?;
        let parent_is_open = data.parent().is_none_or(|parent| user.can_reach(parent));
        if parent_is_open && !user.can_reach(&data) {
            // Our own folder: others may pass through, not look inside.
            let mode = fs::metadata(&data).map_err(ClusterError::io("read", &data))?.mode() | 0o011;
            fs::set_permissions(&data, fs::Permissions::from_mode(mode))
                .map_err(ClusterError::io("open to the user postgres", &data))?;
        }
        let pointer = data.join("postgres.location");
        let postgres = if let Some(elsewhere) = read_pointer(&pointer) {
            elsewhere
        } else if user.can_reach(&data) {
            data.join("postgres")
        } else {
            // Below a home folder that root keeps to itself (/root): the server's files live beside the
            // system's, found again by the pointer.
            let system = Path::new("/var/lib/whitespot");
            fs::create_dir_all(system).map_err(ClusterError::io("make", system))?;
            let own = system.join(short_name());
            fs::create_dir(&own).map_err(ClusterError::io("make", &own))?;
            let postgres = own.join("postgres");
            write_pointer(&pointer, &postgres)?;
            postgres
        };
        Ok(Self { data, postgres })
    }

    /// The folder that holds the server's files: the data folder, or the one beside the system's.
    pub fn around_postgres(&self) -> &Path {
        self.postgres.parent().unwrap_or(&self.data)
    }

    /// The server's log.
    pub fn log(&self) -> PathBuf {
        self.around_postgres().join("postgres.log")
    }

    /// The last lines of the server's log.
    pub fn log_tail(&self) -> String {
        tail(&fs::read(self.log()).unwrap_or_default())
    }

    /// Which major version made the server's files; `None` if there are none.
    pub fn major_version(&self) -> Result<Option<(PathBuf, u32)>, ClusterError> {
        let file = self.postgres.join("PG_VERSION");
        match fs::read_to_string(&file) {
            Ok(text) => {
                let broken = |_| std::io::Error::other("it does not hold a version number: restore a backup");
                let major = text.trim().parse().map_err(broken).map_err(ClusterError::io("read", file))?;
                Ok(Some((self.postgres.clone(), major)))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ClusterError::io("read", file)(error)),
        }
    }

    /// The folder of the socket, only for the server's user. A path too long for a socket gets a short
    /// one below the system's temporary folder, and a pointer to it.
    pub fn socket_dir(&self, user: &ServerUser) -> Result<PathBuf, ClusterError> {
        let beside = self.around_postgres().join("socket");
        if beside.as_os_str().as_bytes().len() <= MAX_SOCKET_DIR {
            make_private(&beside, user)?;
            return Ok(beside);
        }
        let pointer = self.data.join("socket.location");
        if let Some(short) = read_pointer(&pointer).filter(|dir| is_private(dir, user)) {
            return Ok(short);
        }
        let temp = [std::env::temp_dir(), PathBuf::from("/tmp")]
            .into_iter()
            .find(|dir| dir.as_os_str().as_bytes().len() + 24 <= MAX_SOCKET_DIR && user.can_reach(dir))
            .unwrap_or_else(|| PathBuf::from("/tmp"));
        let short = temp.join(short_name());
        make_private(&short, user)?;
        write_pointer(&pointer, &short)?;
        Ok(short)
    }

    /// Removes a short socket folder, which lies outside of the data folder, and the pointer to it.
    pub fn forget_short_socket_dir(&self, dir: &Path) {
        let pointer = self.data.join("socket.location");
        if read_pointer(&pointer).as_deref() == Some(dir) && fs::remove_dir_all(dir).is_ok() {
            // A pointer that stays leads nowhere, and is then replaced.
            drop(fs::remove_file(pointer));
        }
    }

    /// Waits until nobody else starts, joins or leaves.
    pub fn lock_cluster(&self) -> Result<Lock, ClusterError> {
        let [cluster, _] = self.lock_files();
        Lock::take(cluster, FlockOperation::LockExclusive)
    }

    /// Says that this process uses the server.
    pub fn lock_users_shared(&self) -> Result<Lock, ClusterError> {
        let [_, users] = self.lock_files();
        Lock::take(users, FlockOperation::LockShared)
    }

    /// Held while somebody starts, joins or leaves; held by every user.
    pub fn lock_files(&self) -> [PathBuf; 2] {
        [self.data.join("cluster.lock"), self.data.join("users.lock")]
    }
}

/// A lock that the kernel lets go of when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    fn take(path: PathBuf, how: FlockOperation) -> Result<Self, ClusterError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(ClusterError::io("open the lock file", &path))?;
        loop {
            match flock(&file, how) {
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(ClusterError::errno("lock", path)(errno)),
                Ok(()) => return Ok(Self { file, path }),
            }
        }
    }

    /// Whether nobody else holds it. Only asked while the cluster is locked, so that nobody comes in between.
    pub fn is_last(&self) -> Result<bool, ClusterError> {
        match flock(&self.file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
            Err(errno) => Err(ClusterError::errno("lock", &self.path)(errno)),
        }
    }
}

/// Makes a folder that only the server's user may enter (and root).
pub(super) fn make_private(dir: &Path, user: &ServerUser) -> Result<(), ClusterError> {
    if !is_private(dir, user) {
        match fs::DirBuilder::new().mode(0o700).create(dir) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(ClusterError::io("make", dir)(error));
            }
            _ => {}
        }
        user.give(dir)?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(ClusterError::io("close", dir))?;
    }
    Ok(())
}

/// A folder of the server's user that nobody else may enter. Whoever could put a socket there could
/// pretend to be the server.
fn is_private(dir: &Path, user: &ServerUser) -> bool {
    let closed = fs::symlink_metadata(dir).is_ok_and(|meta| meta.is_dir() && meta.mode() & 0o777 == 0o700);
    closed && user.owns(dir)
}

fn short_name() -> String {
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("whitespot-{}", &random[..12])
}

fn read_pointer(file: &Path) -> Option<PathBuf> {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};
    fs::read(file).ok().filter(|bytes| !bytes.is_empty()).map(|bytes| PathBuf::from(OsString::from_vec(bytes)))
}

fn write_pointer(file: &Path, target: &Path) -> Result<(), ClusterError> {
    fs::write(file, target.as_os_str().as_bytes()).map_err(ClusterError::io("write", file))
}

/// The last twelve lines of a text.
pub(super) fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
