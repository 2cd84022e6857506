//! What a customer's revenue did from one window to the next.

use kohort_model::Tally;

/// The movements of one row, in minor units, and the customers behind each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Movements {
    pub opening: i128,
    pub new: i128,
    pub reactivated: i128,
    pub expansion: i128,
    pub contraction: i128,
    pub churned: i128,
    pub closing: i128,
    pub opening_credits: i128,
    pub closing_credits: i128,
    pub opening_customers: u64,
    pub new_customers: u64,
    pub reactivated_customers: u64,
    pub expansion_customers: u64,
    pub contraction_customers: u64,
    pub churned_customers: u64,
    pub unchanged_customers: u64,
    pub closing_customers: u64,
}

impl Movements {
    /// Counts a customer with revenue `before` in the previous window and `now` in the current
    /// one; `is_new` where the first order of positive value lies in the current one.
    #[inline]
    pub fn count(&mut self, before: i128, now: i128, is_new: bool) {
        self.opening_credits -= before.min(0);
        self.closing_credits -= now.min(0);
        let (before, now) = (before.max(0), now.max(0));
        self.opening += before;
        self.closing += now;
        self.opening_customers += u64::from(before > 0);
        self.closing_customers += u64::from(now > 0);
        if before == 0 {
            if now > 0 && is_new {
                self.new += now;
                self.new_customers += 1;
            } else if now > 0 {
                self.reactivated += now;
                self.reactivated_customers += 1;
            }
        } else if now == 0 {
            self.churned += before;
            self.churned_customers += 1;
        } else if now > before {
            self.expansion += now - before;
            self.expansion_customers += 1;
        } else if now < before {
            self.contraction += before - now;
            self.contraction_customers += 1;
        } else {
            self.unchanged_customers += 1;
        }
    }
}

impl Tally for Movements {
    fn add(&mut self, other: &Self) {
        self.opening += other.opening;
        self.new += other.new;
        self.reactivated += other.reactivated;
        self.expansion += other.expansion;
        self.contraction += other.contraction;
        self.churned += other.churned;
        self.closing += other.closing;
        self.opening_credits += other.opening_credits;
        self.closing_credits += other.closing_credits;
        self.opening_customers += other.opening_customers;
        self.new_customers += other.new_customers;
        self.reactivated_customers += other.reactivated_customers;
        self.expansion_customers += other.expansion_customers;
        self.contraction_customers += other.contraction_customers;
        self.churned_customers += other.churned_customers;
        self.unchanged_customers += other.unchanged_customers;
        self.closing_customers += other.closing_customers;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_movement() {
        let m = Movements::default();
        let cases = [
            ((0, 50, true), Movements { new: 50, new_customers: 1, ..m }),
            ((0, 50, false), Movements { reactivated: 50, reactivated_customers: 1, ..m }),
            ((-5, 50, false), Movements { reactivated: 50, reactivated_customers: 1, ..m }),
            ((50, 70, false), Movements { expansion: 20, expansion_customers: 1, ..m }),
            ((50, 20, false), Movements { contraction: 30, contraction_customers: 1, ..m }),
            ((50, 0, false), Movements { churned: 50, churned_customers: 1, ..m }),
            ((50, -8, false), Movements { churned: 50, churned_customers: 1, ..m }),
            ((50, 50, false), Movements { unchanged_customers: 1, ..m }),
            ((-5, -8, false), m),
        ];
        for ((before, now, is_new), expected) in cases {
            let mut found = m;
            found.count(before, now, is_new);
            let expected = Movements {
                opening: before.max(0),
                closing: now.max(0),
                opening_credits: (-before).max(0),
                closing_credits: (-now).max(0),
                opening_customers: u64::from(before > 0),
                closing_customers: u64::from(now > 0),
                ..expected
            };
            assert_eq!(found, expected, "{before} to {now}");
            let moved = found.new + found.reactivated + found.expansion;
            assert_eq!(found.closing, found.opening + moved - found.contraction - found.churned);
        }
    }
}
