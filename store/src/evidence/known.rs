use uuid::Uuid;

use super::{Stored, ids};
use crate::{Read, StoreError};

/// Of ids with hashes of content, what each would be if it came now: nothing is taken.
pub async fn known_items(ex: impl Read, items: &[(Uuid, [u8; 16])]) -> Result<Vec<Stored>, StoreError> {
    let mut conn = ex.conn().await?;
    let known = ids::known(&mut conn, items.iter().map(|(id, _)| *id).collect()).await?;
    Ok(items.iter().map(|(id, hash)| ids::verdict(known.get(id).copied(), *hash)).collect())
}
