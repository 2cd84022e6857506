//! Levels in classes.

/// Below so many hundredths each is a class of its own.
const EACH: u32 = 8;
/// Classes a doubling from there on.
const STEPS: u32 = 4;
/// The highest class of the model of leaving.
const COARSEST: u32 = 15;

/// The class in which `churn_indicators` counts a level of so many hundredths, 0 to 251: the levels
/// of a class are lower than those of the next.
pub(crate) fn class(hundredths: u64) -> usize {
    match u32::try_from(hundredths) {
        Ok(few) if few < EACH => few as usize,
        _ => {
            let doublings = hundredths.ilog2();
            // The two bits after the highest.
            let step = (hundredths >> (doublings - 2)) & 3;
            (EACH + STEPS * (doublings - EACH.ilog2())) as usize + step as usize
        }
    }
}

/// The least level of a class in hundredths; of 252, the class after the last, 2^64.
pub(crate) fn lower_bound(class: usize) -> u128 {
    match class.checked_sub(EACH as usize) {
        None => class as u128,
        Some(above) => {
            let steps = STEPS as usize;
            ((steps + above % steps) as u128) << (above / steps + 1)
        }
    }
}

/// The class in which the model of leaving sees a level of so many hundredths, 0 to 15.
pub(crate) fn coarse_class(hundredths: u64) -> u32 {
    match hundredths {
        0 => 0,
        _ => COARSEST.min(1 + (hundredths / 100).max(1).ilog2()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_where_they_begin() {
        // Hundredths, class, least hundredths of the class.
        let cases = [
            (0, 0, 0),
            (1, 1, 1),
            (7, 7, 7),
            (8, 8, 8),
            (9, 8, 8),
            (10, 9, 10),
            (13, 10, 12),
            (15, 11, 14),
            (16, 12, 16),
            (19, 12, 16),
            (20, 13, 20),
            (100, 22, 96),
            (112, 23, 112),
            (u64::MAX, 251, 7 << 61),
        ];
        for (hundredths, expected, least) in cases {
            let found = class(hundredths);
            assert_eq!((found, lower_bound(found)), (expected, least), "{hundredths}");
        }
        assert_eq!(lower_bound(252), 1 << 64);
    }

    #[test]
    fn a_class_ends_where_the_next_begins() {
        for place in 1..252 {
            let least = u64::try_from(lower_bound(place)).unwrap();
            assert_eq!((class(least - 1), class(least)), (place - 1, place), "from {least}");
        }
    }

    #[test]
    fn coarse_classes() {
        let cases = [
            (0, 0),
            (1, 1),
            (199, 1),
            (200, 2),
            (399, 2),
            (400, 3),
            (819_199, 13),
            (819_200, 14),
            (1_638_400, 15),
            (u64::MAX, 15),
        ];
        for (hundredths, expected) in cases {
            assert_eq!(coarse_class(hundredths), expected, "{hundredths}");
        }
    }
}
