//! Reading numbers out of a byte slice that may be shorter than it claims.

/// A cursor that answers `None` at the end instead of panicking.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16_le(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self, little: bool) -> Option<u32> {
        self.array().map(|bytes| if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    pub(super) fn f64(&mut self, little: bool) -> Option<f64> {
        self.array().map(|bytes| if little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    pub(super) const fn len(&self) -> usize {
        self.rest.len()
    }
}
