//! What travels between a client and the server. One module per version; versions never change, they are added.

pub mod v1;
