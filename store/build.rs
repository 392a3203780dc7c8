//! A new migration file is part of the next build.
fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
