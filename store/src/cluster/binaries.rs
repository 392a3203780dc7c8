use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::ClusterError;

/// Where Debian and its relatives keep each major version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The tools that a cluster is run with.
const TOOLS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// The programs of one PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    pub dir: PathBuf,
    pub major: u32,
}

impl Binaries {
    /// Those of the version that made the data folder, else the newest that has PostGIS.
    pub fn find(made_by: Option<(PathBuf, u32)>) -> Result<Self, ClusterError> {
        choose(installed(Path::new(DEBIAN)), made_by, Self::has_postgis)
    }

    pub fn tool(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Whether `create extension postgis` would find its files. In doubt yes: the server will say.
    fn has_postgis(&self) -> bool {
        let share =
            output_of(Command::new(self.tool("pg_config")).arg("--sharedir")).map(PathBuf::from).or_else(|| {
                Some(PathBuf::from(format!("/usr/share/postgresql/{}", self.major))).filter(|dir| dir.is_dir())
            });
        share.is_none_or(|dir| dir.join("extension/postgis.control").is_file())
    }
}

fn choose(
    found: Vec<Binaries>,
    made_by: Option<(PathBuf, u32)>,
    has_postgis: impl Fn(&Binaries) -> bool,
) -> Result<Binaries, ClusterError> {
    let newest = found.iter().map(|binaries| binaries.major).max().ok_or(ClusterError::NoPostgres)?;
    let usable = match made_by {
        None => found,
        Some((dir, major)) => {
            let installed = found.iter().map(|binaries| binaries.major.to_string()).collect::<Vec<_>>().join(", ");
            let of_major: Vec<_> = found.into_iter().filter(|binaries| binaries.major == major).collect();
            if of_major.is_empty() {
                return Err(ClusterError::OtherMajorVersion { dir, found: major, installed });
            }
            of_major
        }
    };
    let wanted = usable.first().map_or(newest, |binaries| binaries.major);
    usable.into_iter().find(has_postgis).ok_or(ClusterError::NoPostgis { major: wanted })
}

/// All that is installed, newest first.
fn installed(debian: &Path) -> Vec<Binaries> {
    let versions = fs::read_dir(debian).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let configured = output_of(Command::new("pg_config").arg("--bindir")).map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<Binaries> =
        versions.chain(configured).chain(std::env::split_paths(&path)).filter_map(|dir| in_dir(&dir)).collect();
    // A stable sort: among equals the order above decides.
    found.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
    found.dedup_by_key(|binaries| binaries.major);
    found
}

fn in_dir(dir: &Path) -> Option<Binaries> {
    if !TOOLS.iter().all(|tool| dir.join(tool).is_file()) {
        return None;
    }
    let version = output_of(Command::new(dir.join("postgres")).arg("--version"))?;
    Some(Binaries { dir: dir.to_owned(), major: major_in(&version)? })
}

/// From `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`.
fn major_in(version: &str) -> Option<u32> {
    let number = version.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..end].parse().ok()
}

fn output_of(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(majors: &[u32]) -> Vec<Binaries> {
        majors.iter().map(|&major| Binaries { dir: PathBuf::from(format!("/pg/{major}")), major }).collect()
    }

    #[test]
    fn the_newest_version_with_postgis_is_taken() {
        assert_eq!(choose(of(&[17, 15]), None, |b| b.major == 15).unwrap().major, 15);
        assert_eq!(choose(of(&[17, 15]), None, |_| true).unwrap().major, 17);
    }

    #[test]
    fn a_data_folder_is_run_by_the_version_that_made_it() {
        let made_by = Some((PathBuf::from("data"), 15));
        assert_eq!(choose(of(&[17, 15]), made_by, |_| true).unwrap().major, 15);
    }

    #[test]
    fn a_data_folder_of_a_version_that_is_not_installed_is_refused_by_name() {
        let error = choose(of(&[17, 16]), Some((PathBuf::from("data"), 15)), |_| true).unwrap_err().to_string();
        assert!(
            error.contains("PostgreSQL 15") && error.contains("17, 16") && error.contains("postgresql-15"),
            "{error}"
        );
    }

    #[test]
    fn what_is_missing_is_named_with_its_packages_and_make_demo() {
        let nothing = choose(Vec::new(), None, |_| true).unwrap_err().to_string();
        assert!(nothing.contains("postgresql-15-postgis-3") && nothing.contains("make demo"), "{nothing}");
        let no_postgis = choose(of(&[16]), None, |_| false).unwrap_err().to_string();
        assert!(no_postgis.contains("postgresql-16-postgis-3") && no_postgis.contains("make demo"), "{no_postgis}");
    }

    #[test]
    fn the_major_version_is_read_from_what_the_server_prints() {
        assert_eq!(major_in("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"), Some(15));
        assert_eq!(major_in("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_in("nothing"), None);
    }
}
