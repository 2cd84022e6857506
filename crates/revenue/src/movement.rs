//! What a customer's revenue did from one window to the next.

use std::cmp::Ordering;

use kohort_model::tally;

/// The movements of one row, in minor units, and the customers behind each, of `revenue_events` a customer
/// as often as something moved. What follows from these, such as the closing revenue, is not counted
/// again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Movements {
    pub new: i128,
    pub reactivated: i128,
    pub expansion: i128,
    pub contraction: i128,
    pub churned: i128,
    /// Previous revenue of customers who have some now.
    pub kept: i128,
    pub opening_credits: i128,
    pub closing_credits: i128,
    pub new_customers: u64,
    pub reactivated_customers: u64,
    pub expansion_customers: u64,
    pub contraction_customers: u64,
    pub churned_customers: u64,
    pub unchanged_customers: u64,
}

impl Movements {
    /// Counts a customer with revenue `before` in the previous window and `now` in the current
    /// one; `is_new` where the first order of positive value lies in the current one.
    #[inline]
    pub fn count(&mut self, before: i128, now: i128, is_new: bool) {
        if before < 0 {
            self.opening_credits -= before;
        }
        if now < 0 {
            self.closing_credits -= now;
        }
        if before <= 0 {
            if now > 0 && is_new {
                self.new += now;
                self.new_customers += 1;
            } else if now > 0 {
                self.reactivated += now;
                self.reactivated_customers += 1;
            }
        } else if now <= 0 {
            self.churned += before;
            self.churned_customers += 1;
        } else {
            self.kept += before;
            match now.cmp(&before) {
                Ordering::Greater => {
                    self.expansion += now - before;
                    self.expansion_customers += 1;
                }
                Ordering::Less => {
                    self.contraction += before - now;
                    self.contraction_customers += 1;
                }
                Ordering::Equal => self.unchanged_customers += 1,
            }
        }
    }

    /// What the movements add up to.
    pub fn change(&self) -> i128 {
        self.new + self.reactivated + self.expansion - self.contraction - self.churned
    }

    /// Revenue of the previous window.
    pub fn opening(&self) -> i128 {
        self.kept + self.churned
    }

    /// Revenue of the current window.
    pub fn closing(&self) -> i128 {
        self.opening() + self.change()
    }

    /// Customers with revenue in both windows.
    fn kept_customers(&self) -> u64 {
        self.expansion_customers + self.contraction_customers + self.unchanged_customers
    }

    /// Customers with revenue in the previous window.
    pub fn opening_customers(&self) -> u64 {
        self.kept_customers() + self.churned_customers
    }

    /// Customers with revenue in the current window.
    pub fn closing_customers(&self) -> u64 {
        self.kept_customers() + self.new_customers + self.reactivated_customers
    }
}

tally!(Movements {
    new,
    reactivated,
    expansion,
    contraction,
    churned,
    kept,
    opening_credits,
    closing_credits,
    new_customers,
    reactivated_customers,
    expansion_customers,
    contraction_customers,
    churned_customers,
    unchanged_customers
});

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
            ((50, 70, false), Movements { kept: 50, expansion: 20, expansion_customers: 1, ..m }),
            (
                (50, 20, false),
                Movements { kept: 50, contraction: 30, contraction_customers: 1, ..m },
            ),
            ((50, 0, false), Movements { churned: 50, churned_customers: 1, ..m }),
            ((50, -8, false), Movements { churned: 50, churned_customers: 1, ..m }),
            ((50, 50, false), Movements { kept: 50, unchanged_customers: 1, ..m }),
            ((-5, -8, false), m),
        ];
        for ((before, now, is_new), expected) in cases {
            let mut found = m;
            found.count(before, now, is_new);
            let opening_credits = (-before).max(0);
            let closing_credits = (-now).max(0);
            assert_eq!(found, Movements { opening_credits, closing_credits, ..expected });
            assert_eq!((found.opening(), found.closing()), (before.max(0), now.max(0)));
            assert_eq!(found.change(), now.max(0) - before.max(0));
            assert_eq!(found.opening_customers(), u64::from(before > 0));
            assert_eq!(found.closing_customers(), u64::from(now > 0));
        }
    }
}
