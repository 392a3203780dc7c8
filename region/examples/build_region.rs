//! Builds a region from a recipe: `cargo run --release -p region --example build_region -- RECIPE DATA OUT [REPORT]`.
//!
//! `whitespot region build` does the same with a progress bar; this needs nothing but the crate.

use std::{env, error::Error, path::PathBuf, process::ExitCode};

use region::{Recipe, RegionTables};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(recipe), Some(data), Some(out)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: build_region RECIPE.toml DATA_FOLDER OUT_FOLDER [REPORT.json]".into());
    };
    let spec = Recipe::read(&recipe)?.spec(&data);
    let (tables, report) = region::build(&spec, &|progress| {
        if progress.done == progress.total {
            eprintln!("{}: done", progress.stage.label());
        }
    })?;
    print!("{}", report.to_table());
    if let Some(file) = arguments.next() {
        std::fs::write(file, report.to_json())?;
    }
    let folder = out.join(spec.id.as_str());
    for (file, bytes) in tables.write(&folder)? {
        println!("{bytes:>9} bytes  {file}");
    }
    RegionTables::read(&folder)?;
    Ok(())
}
