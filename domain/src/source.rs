//! Where evidence comes from.

use crate::text::coded_enum;

coded_enum! {
    /// Source class of evidence. Decided by the server, never taken from a client; classes are never mixed.
    pub enum SourceClass ("source class") {
        /// Measured by citizens.
        Crowd = "crowd",
        /// A professional drive test: exempt from the minimum of contributors, never mixed with crowd.
        Survey = "survey",
        /// Told on paper or by form, not measured.
        Reported = "reported",
        /// Made by a program. Says so everywhere.
        Simulated = "simulated",
    }
}

impl SourceClass {
    /// k: so many contributors stand together in everything that is published (METHODS 6), and so many are
    /// left in every difference that an attacker can form.
    pub const fn k(self) -> u32 {
        match self {
            Self::Survey => 1,
            Self::Crowd | Self::Reported | Self::Simulated => 5,
        }
    }

    /// Distinct devices below which nothing of this class is published: k, beside k - 1 that one attacker
    /// owns and can take out of every number.
    pub const fn min_devices(self) -> u32 {
        2 * self.k() - 1
    }
}
