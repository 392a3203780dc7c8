//! LEB128 writing and careful reading, shared by the compact forms.

use sha2::{Digest, Sha256};

use crate::votes::DecodeError;

/// Appends to a byte string.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn uint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// Zigzag: small negative numbers stay short.
    pub(crate) fn int(&mut self, value: i64) {
        self.uint((value.wrapping_shl(1) ^ (value >> 63)).cast_unsigned());
    }

    /// The bytes with the checksum behind them.
    pub(crate) fn sealed(mut self) -> Vec<u8> {
        let seal = Sha256::digest(&self.0);
        self.0.extend_from_slice(&seal[..8]);
        self.0
    }
}

/// Reads what [`Writer`] wrote; every step can fail, none can panic.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn slice(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(DecodeError::Damaged("cut short"))?;
        self.0 = tail;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        self.slice(N)?.try_into().map_err(|_| DecodeError::Damaged("cut short"))
    }

    pub(crate) fn uint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::Damaged("number too long"))
    }

    pub(crate) fn int(&mut self) -> Result<i64, DecodeError> {
        let raw = self.uint()?;
        Ok((raw >> 1).cast_signed() ^ -((raw & 1).cast_signed()))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        u32::try_from(self.uint()?).map_err(|_| DecodeError::Damaged("number too large"))
    }

    /// A count of things of at least `size` bytes each; refused if the rest cannot hold them.
    pub(crate) fn count(&mut self, size: usize) -> Result<usize, DecodeError> {
        usize::try_from(self.uint()?)
            .ok()
            .filter(|count| count.checked_mul(size).is_some_and(|need| need <= self.0.len()))
            .ok_or(DecodeError::Damaged("count"))
    }
}
