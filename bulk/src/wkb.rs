//! Points of GeoParquet.

/// Longitude and latitude of a point in well-known binary; two NaN for an empty one. What follows the two (height) is
/// left alone.
pub(crate) fn point(bytes: &[u8]) -> Result<(f64, f64), String> {
    let cut = || "a geometry is cut short".to_owned();
    let (&order, rest) = bytes.split_first().ok_or_else(cut)?;
    let little = match order {
        0 => false,
        1 => true,
        _ => return Err("a geometry is no well-known binary".to_owned()),
    };
    let (kind, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let kind = if little { u32::from_le_bytes(*kind) } else { u32::from_be_bytes(*kind) };
    // Thousands say that there is a height or a measure; the highest bits the same, and a reference system, in older files.
    let (plain, has_system) = (kind & 0x1fff_ffff, kind & 0x2000_0000 != 0);
    if plain % 1_000 != 1 {
        return Err(format!("a geometry is of kind {kind}, and points are needed"));
    }
    let rest = if has_system { rest.get(4..).ok_or_else(cut)? } else { rest };
    let (x, rest) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
    let y = rest.first_chunk::<8>().ok_or_else(cut)?;
    let number = |bytes: &[u8; 8]| if little { f64::from_le_bytes(*bytes) } else { f64::from_be_bytes(*bytes) };
    Ok((number(x), number(y)))
}

/// Refuses a column that says of itself that it holds no degrees, or no well-known binary. `geo`: what the file says.
pub(crate) fn check_degrees(geo: Option<&str>, column: &str) -> Result<(), String> {
    let Some(geo) = geo else { return Ok(()) };
    let geo: serde_json::Value =
        serde_json::from_str(geo).map_err(|error| format!("its description `geo`: {error}"))?;
    let of = &geo["columns"][column];
    if of["encoding"].as_str().is_some_and(|encoding| encoding != "WKB") {
        return Err(format!("`{column}` is encoded as {}, and WKB is needed", of["encoding"]));
    }
    let id = &of["crs"]["id"];
    let known = id["authority"] == "OGC" && id["code"] == "CRS84" || id["authority"] == "EPSG" && id["code"] == 4326;
    if of.get("crs").is_some_and(|crs| !crs.is_null()) && !known {
        return Err(format!("`{column}` is in another reference system ({id}): transform it to EPSG:4326 first"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wkb(kind: u32, system: &[u8], numbers: &[f64]) -> Vec<u8> {
        let mut bytes = vec![1];
        bytes.extend(kind.to_le_bytes());
        bytes.extend(system);
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        bytes
    }

    #[test]
    fn points_of_all_dialects_are_read_and_other_shapes_refused() {
        let plain = wkb(1, &[], &[7.5, 51.25]);
        assert_eq!(point(&plain), Ok((7.5, 51.25)));
        assert_eq!(point(&wkb(1_001, &[], &[7.5, 51.25, 80.0])), Ok((7.5, 51.25)));
        assert_eq!(point(&wkb(0xa000_0001, &[0; 4], &[7.5, 51.25, 80.0])), Ok((7.5, 51.25)));
        let mut big = vec![0];
        big.extend(1_u32.to_be_bytes());
        big.extend([7.5_f64, 51.25].iter().flat_map(|number| number.to_be_bytes()));
        assert_eq!(point(&big), Ok((7.5, 51.25)));
        assert!(point(&wkb(3, &[], &[7.5, 51.25])).unwrap_err().contains("points are needed"));
        assert!(point(b"text").unwrap_err().contains("no well-known binary"));
        for length in 0..plain.len() {
            assert!(point(&plain[..length]).is_err());
        }
    }

    #[test]
    fn metres_are_not_taken_for_degrees() {
        let said = |crs: &str| format!(r#"{{"columns":{{"geometry":{{"encoding":"WKB","crs":{crs}}}}}}}"#);
        let check = |crs: &str| check_degrees(Some(&said(crs)), "geometry");
        assert_eq!(check("null"), Ok(()));
        assert_eq!(check(r#"{"id":{"authority":"OGC","code":"CRS84"}}"#), Ok(()));
        assert_eq!(check(r#"{"id":{"authority":"EPSG","code":4326}}"#), Ok(()));
        assert!(check(r#"{"id":{"authority":"EPSG","code":25832}}"#).unwrap_err().contains("EPSG:4326 first"));
        assert_eq!(check_degrees(None, "geometry"), Ok(()));
        assert!(check_degrees(Some("{"), "geometry").is_err());
    }
}
