use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::Command,
};

use super::ClusterError;

/// Who the server runs as: ourselves, or `postgres` if we are root, because PostgreSQL refuses root.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerUser {
    /// `None`: ourselves.
    drop_to: Option<(u32, u32)>,
}

impl ServerUser {
    pub fn current() -> Result<Self, ClusterError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { drop_to: None });
        }
        let passwd = "/etc/passwd";
        let text = fs::read_to_string(passwd).map_err(ClusterError::io("read", passwd))?;
        Ok(Self { drop_to: Some(postgres_in(&text).ok_or(ClusterError::NoServerUser)?) })
    }

    /// A command of the server's, as this user, deaf to the terminal's Ctrl-C.
    pub fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.drop_to {
            command.uid(uid).gid(gid);
        }
        command.process_group(0).current_dir("/").env("LC_ALL", "C.UTF-8");
        // A caller's client settings must not steer the private server.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command
    }

    /// Hands a file or folder to this user.
    pub fn give(self, path: &Path) -> Result<(), ClusterError> {
        match self.drop_to {
            Some((uid, gid)) => std::os::unix::fs::chown(path, Some(uid), Some(gid))
                .map_err(ClusterError::io("hand over to the user postgres", path)),
            None => Ok(()),
        }
    }

    /// Whether a file or folder belongs to this user.
    pub fn owns(self, path: &Path) -> bool {
        let uid = self.drop_to.map_or_else(|| rustix::process::geteuid().as_raw(), |(uid, _)| uid);
        fs::symlink_metadata(path).is_ok_and(|meta| meta.uid() == uid)
    }

    /// Whether this user may enter a folder and all that are above it.
    pub fn can_reach(self, dir: &Path) -> bool {
        let Some((uid, gid)) = self.drop_to else { return true };
        dir.ancestors().all(|dir| {
            fs::metadata(dir).is_ok_and(|meta| {
                let bit = if meta.uid() == uid {
                    0o100
                } else if meta.gid() == gid {
                    0o010
                } else {
                    0o001
                };
                meta.mode() & bit != 0
            })
        })
    }
}

/// User and group id of `postgres`.
fn postgres_in(passwd: &str) -> Option<(u32, u32)> {
    let fields = passwd.lines().find_map(|line| line.strip_prefix("postgres:"))?;
    let mut ids = fields.split(':').skip(1).map(str::parse);
    Some((ids.next()?.ok()?, ids.next()?.ok()?))
}
