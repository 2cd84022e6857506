//! Numbers and texts as bytes, and back with every length doubted.

/// Bytes at work.
#[derive(Default)]
pub(super) struct Writer(pub Vec<u8>);

impl Writer {
    /// In sevens of bits, the lowest first; the last byte has its highest bit clear.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push((number & 0x7f) as u8);
    }

    /// Small ones of either sign are short.
    pub fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }
}

/// What is left to be read; `None` from each function where it ends too early.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
    }

    pub fn day(&mut self) -> Option<i32> {
        i32::try_from(self.signed()?).ok()
    }

    /// A number of things of which each takes a byte at least.
    pub fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = self.count()?;
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_comes_back() {
        let numbers = [0, 1, 127, 128, 300, u64::MAX];
        let signed = [0, -1, 1, i64::MIN, i64::MAX];
        let mut writer = Writer::default();
        for n in numbers {
            writer.number(n);
        }
        for n in signed {
            writer.signed(n);
        }
        writer.bytes(b"abc");
        let mut reader = Reader(&writer.0);
        assert_eq!(numbers.map(|_| reader.number()), numbers.map(Some));
        assert_eq!(signed.map(|_| reader.signed()), signed.map(Some));
        assert_eq!(reader.bytes(), Some(&b"abc"[..]));
        assert_eq!(reader.number(), None);
    }

    #[test]
    fn what_is_cut_short_is_nothing() {
        let cases: [&[u8]; 4] = [&[], &[0x80], &[0xff; 11], &[5, 1, 2]];
        for bytes in cases {
            assert_eq!(Reader(bytes).bytes(), None, "{bytes:?}");
        }
    }
}
