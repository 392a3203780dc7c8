//! A recipe: which official files make a region, with licence and credit, and without anybody's paths.
//!
//! ```toml
//! id = "nrw"
//! title = "Nordrhein-Westfalen"
//! states = ["05"]
//!
//! [boundaries]
//! file = "areas/vg5000_2021/VG5000_GEM.shp"
//! title = "VG5000, Gemeinden"
//! reference_date = "2021-01-01"
//! credits = [{ licence = "dl-de/by-2-0", credit = "© GeoBasis-DE / BKG 2021 (Daten verändert)" }]
//! ```
//! `layer` (GeoPackage) stands at the top; `districts`, `population`, `supply` and `sites` look like `boundaries`.

use std::path::{Path, PathBuf};

use domain::{AreaKey, RegionId};
use serde::Deserialize;

use crate::{BuildError, BuildSpec, Credit, Source};

/// A recipe file, read and checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    id: RegionId,
    title: String,
    states: Vec<AreaKey>,
    layer: Option<String>,
    boundaries: Ingredient,
    districts: Option<Ingredient>,
    population: Option<Ingredient>,
    supply: Option<Ingredient>,
    sites: Option<Ingredient>,
    #[serde(skip)]
    name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ingredient {
    /// Relative to the data folder.
    file: PathBuf,
    title: String,
    reference_date: String,
    credits: Vec<Credit>,
}

impl Recipe {
    /// Reads a recipe file.
    pub fn read(path: &Path) -> Result<Self, BuildError> {
        let text = std::fs::read_to_string(path).map_err(BuildError::io(path))?;
        let mut recipe: Self = toml::from_str(&text)
            .map_err(|error| BuildError::Recipe { file: path.to_owned(), what: error.to_string().trim().to_owned() })?;
        recipe.name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(recipe)
    }

    /// Id of the region it makes.
    pub const fn id(&self) -> &RegionId {
        &self.id
    }

    /// The order to build it from the files under `data`.
    pub fn spec(&self, data: &Path) -> BuildSpec {
        let source = |ingredient: &Ingredient| Source {
            path: data.join(&ingredient.file),
            title: ingredient.title.clone(),
            reference_date: ingredient.reference_date.clone(),
            credits: ingredient.credits.clone(),
        };
        BuildSpec {
            id: self.id.clone(),
            title: self.title.clone(),
            states: self.states.clone(),
            boundaries: source(&self.boundaries),
            layer: self.layer.clone(),
            districts: self.districts.as_ref().map(source),
            population: self.population.as_ref().map(source),
            supply: self.supply.as_ref().map(source),
            sites: self.sites.as_ref().map(source),
            command: format!("whitespot region build data/regions/recipes/{} --data DATA_FOLDER", self.name),
        }
    }
}
