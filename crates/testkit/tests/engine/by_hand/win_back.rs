//! `win_back`.

use super::*;

#[test]
fn who_had_left_and_came_back() {
    // W = 10. a leaves on 01-15 and is back on 02-05, leaves on 02-15 and is back on 02-20, and
    // leaves on 03-01. b leaves on 01-30 and stays away. c leaves and is back in January. d leaves on
    // 01-15 and is back on the first day of February.
    let rows = "customer day        value
                a        2024-01-05 100
                a        2024-02-04 -5
                a        2024-02-05 70
                a        2024-02-07 -20
                a        2024-02-20 30
                a        2024-03-01 -1
                b        2024-01-20 10
                c        2024-01-01 10
                c        2024-01-20 10
                c        2024-01-29 10
                c        2024-02-08 10
                d        2024-01-05 10
                d        2024-02-01 3";
    let settings = months("2024-03-20", 10);
    check(
        rows,
        &settings,
        "win_back",
        // In February a returns after 21 days with all that follows in it, and d after 17; the second
        // return of a and that of c are not those of people who had left when it began.
        "period     breakdown lapsed_opening won_back win_back_rate won_back_revenue \
             median_days_lapsed spells_again inactive_opening reactivated reactivation_rate contacts \
             uplift attribution_is_complete
         2024-01-01 total 0 0 -        0  -  0 - - - - - -
         2024-02-01 total 3 2 0.666667 83 19 3 - - - - - -
         2024-03-01 total 3 0 0        0  -  1 - - - - - -",
    );
    check(rows, &settings, "customer_retention", "returned churned\n 1 4\n 3 3\n 0 1");
}

#[test]
fn subscribers_who_come_back() {
    check(
        "subscriptions:
         customer subscription started    ended      value
         a        x            2024-01-05 2024-01-20 50
         a        x            2024-02-10 -          60
         a        x            2024-02-20 -          80
         b        x            2024-01-05 2024-01-22 50
         b        x            2024-02-10 2024-02-15 70
         c        x            2024-01-05 2024-01-25 5
         c        x            2024-01-29 -          5",
        &subscribed("2024-03-01", 2),
        "win_back",
        "period     lapsed_opening won_back won_back_revenue median_days_lapsed spells_again is_complete
         2024-01-01 0              0        0                -                  0            true
         2024-02-01 2              2        80               20                 1            false",
    );
}

#[test]
fn prospects_who_never_came() {
    // Seen more than 30 days before February: before 01-02, and before March: before 01-31. b buys
    // on the first day of February, and d, who is not silent for long enough before March, on the
    // last; g, whose first activity is older than what is known of it as a prospect, comes back.
    let history = "customer day        value status    country
                   a        2024-01-05 100   completed de
                   b        2024-02-01 100   completed de
                   d        2024-02-29 100   completed de
                   e        2024-02-05 100   lost      de
                   g        2024-01-06 100   completed de
                   g        2024-02-15 100   completed de
                   prospects:
                   customer day
                   a        2023-06-01
                   b        2024-01-01
                   c        2023-06-01
                   c        2024-01-20
                   d        2024-01-02
                   e        2024-01-01
                   f        2024-03-05
                   g        2024-01-20";
    let settings = Settings {
        prospect_after_days: 30,
        segments: vec![("country", SegmentAt::First)],
        ..months("2024-03-05", 20)
    };
    check(
        history,
        &settings,
        "win_back",
        "segment period     lapsed_opening won_back inactive_opening reactivated reactivation_rate
         all     2024-01-01 0              0        2                1           0.5
         all     2024-02-01 2              1        5                2           0.4
         all     2024-03-01 2              0        4                0           0
         country 2024-01-01 0              0        -                -           -
         country 2024-02-01 2              1        -                -           -
         country 2024-03-01 2              0        -                -           -",
    );
    let left_out = reference(parse_history(history), &settings).further_left_out;
    assert_eq!(left_out, FurtherLeftOut::from([(("prospects", "after_as_of"), 1)]));
}

/// Somebody who leaves on 01-15 and returns on 02-10, with contacts: one line each of day, campaign,
/// strategy and arm.
fn contacted(contacts: &[&str], as_of: &str, window: u32) -> Vec<NaiveRow> {
    let contacts = contacts.join("\na ");
    let history = format!(
        "customer day        value
         a        2024-01-05 1
         a        2024-02-10 1
         contacts:
         customer day campaign strategy arm
         a {contacts}"
    );
    let settings = Settings { attribution_window_days: window, ..months(as_of, 10) };
    reference(parse_history(&history), &settings).tables.remove("win_back").expect("the table")
}

#[test]
fn the_last_contact_wins() {
    let columns = "contacts contacted converted holdout holdout_converted attribution_open";
    let of_period = |rows: &[NaiveRow], period: &str| {
        pick(&rows.to_vec(), &[("breakdown", "total"), ("period", period)])
    };
    let cases: [(&[&str], &str); 13] = [
        // Within the window of 5 days, on its last day, after it; on the day of return, after it.
        (&["2024-02-08 c s sent"], "1 1 0 0 0"),
        (&["2024-02-05 c s sent"], "1 1 0 0 0"),
        (&["2024-02-04 c s sent"], "1 0 0 0 0"),
        (&["2024-02-10 c s sent"], "1 1 0 0 0"),
        (&["2024-02-11 c s sent"], "0 0 0 0 0"),
        // Withheld; the later one of two; of one day the withheld one.
        (&["2024-02-08 c s withheld"], "0 0 1 1 0"),
        (&["2024-02-06 c s withheld", "2024-02-07 c s sent"], "1 1 0 0 0"),
        (&["2024-02-07 c s withheld", "2024-02-07 c s sent"], "0 0 1 1 0"),
        // One after the return is not up to it.
        (&["2024-02-07 c s sent", "2024-02-12 c s withheld"], "1 1 0 0 0"),
        // Twice the same is one spell; the spell from 02-20 on is another.
        (&["2024-02-08 c s sent", "2024-02-08 c s sent"], "1 1 0 0 0"),
        (&["2024-02-09 c s sent", "2024-02-20 c s sent"], "2 1 0 0 0"),
        // On 03-01 its window is open.
        (&["2024-02-25 c s sent"], "1 0 0 0 1"),
        (&["2024-02-29 c s withheld"], "0 0 1 0 1"),
    ];
    for (contacts, expected) in cases {
        let rows = contacted(contacts, "2024-03-01", 5);
        let expected = format!("{columns}\n{} {expected}", contacts.len());
        assert_text(&of_period(&rows, "2024-02-01"), &expected);
    }
    // On the day of the churn event a contact is in the spell, the day before it is not; in January
    // another one was the last, so that February converts.
    for (first, spells) in [("2024-01-15", 1), ("2024-01-14", 0)] {
        let contacts = [&*format!("{first} c s sent"), "2024-02-09 d s sent"];
        let rows = contacted(&contacts, "2024-03-01", 30);
        let expected = format!("{columns}\n 1 {spells} 0 0 0 0");
        assert_text(&of_period(&rows, "2024-01-01"), &expected);
        assert_text(&of_period(&rows, "2024-02-01"), &format!("{columns}\n 1 1 1 0 0 0"));
    }
}

#[test]
fn a_window_that_is_still_open() {
    let columns = "period contacted converted attribution_open is_complete attribution_is_complete";
    let cases = [
        // Contacted on 01-20 with a window of 10 days.
        ("2024-01-30", "2024-01-01 1 0 1 false false"),
        ("2024-01-31", "2024-01-01 1 0 0 false false"),
        ("2024-02-01", "2024-01-01 1 0 0 true  false"),
        ("2024-02-10", "2024-01-01 1 0 0 true  false\n 2024-02-01 0 0 0 false false"),
        ("2024-02-11", "2024-01-01 1 0 0 true  true\n 2024-02-01 0 0 0 false false"),
    ];
    for (as_of, expected) in cases {
        let rows = contacted(&["2024-01-20 c s sent"], as_of, 10);
        let totals = pick(&rows, &[("breakdown", "total")]);
        assert_text(&totals, &format!("{columns}\n{expected}"));
    }
}

#[test]
fn campaigns_have_their_own_last_contact() {
    let columns = "breakdown_value contacts contacted converted holdout holdout_converted";
    let cases: [(&[&str], &str); 4] = [
        (&["2024-02-07 a s sent", "2024-02-09 b s sent"], "a 1 1 0 0 0\n b 1 1 1 0 0"),
        // Of one day the withheld one is the last, and of those sent that of the later text.
        (&["2024-02-07 b s sent", "2024-02-07 a s withheld"], "a 1 0 0 1 1\n b 1 1 0 0 0"),
        (&["2024-02-07 b s sent", "2024-02-07 a s sent"], "a 1 1 0 0 0\n b 1 1 1 0 0"),
        (
            &[
                "2024-02-06 b s sent",
                "2024-02-07 a s sent",
                "2024-02-08 b s sent",
                "2024-02-09 a s withheld",
            ],
            "a 2 0 0 1 1\n b 2 1 0 0 0",
        ),
    ];
    for (contacts, expected) in cases {
        let rows = contacted(contacts, "2024-03-01", 5);
        let of_campaigns = pick(&rows, &[("breakdown", "campaign")]);
        assert_text(&of_campaigns, &format!("{columns}\n{expected}"));
    }
}

#[test]
fn campaigns_and_strategies() {
    let history = "customer day        value country
                   a        2024-01-05 1     de
                   a        2024-02-10 1     de
                   b        2024-01-05 1     fr
                   c        2024-02-25 1     fr
                   contacts:
                   customer day        campaign strategy arm
                   a        2024-02-08 spring   mail     sent
                   a        2024-02-09 summer   -        sent
                   b        2024-02-08 spring   mail     withheld
                   c        2024-02-08 spring   call     sent
                   nobody   2024-02-08 spring   mail     sent
                   nobody   2024-03-08 spring   mail     sent";
    let settings = Settings {
        segments: vec![("country", SegmentAt::Order)],
        attribution_window_days: 5,
        ..months("2024-03-01", 10)
    };
    let tables = reference(parse_history(history), &settings).tables;
    let of_february = pick(&tables["win_back"], &[("period", "2024-02-01")]);
    assert_text(
        &of_february,
        // Wilson's interval of 1 of 1 is from 1 / (1 + z^2) = 0.206549 to 1, that of 0 of 1 from 0 to
        // 0.793451: both distances are 0.793451, and of two of them √2 times that.
        "segment segment_value breakdown breakdown_value lapsed_opening contacts contacted \
             converted holdout holdout_converted conversion_rate holdout_conversion_rate uplift \
             uplift_low uplift_high
         all     -  total    -      2 5 1 1 1 0 1 0 1 -0.122109 1
         all     -  campaign spring - 4 1 0 1 0 0 0 0 -0.793451 0.793451
         all     -  campaign summer - 1 1 1 0 0 1 - - - -
         all     -  strategy (none) - 1 1 1 0 0 1 - - - -
         all     -  strategy call   - 1 0 0 0 0 - - - - -
         all     -  strategy mail   - 3 1 0 1 0 0 0 0 -0.793451 0.793451
         country de total    -      1 2 1 1 0 0 1 - - - -
         country de campaign spring - 1 1 0 0 0 0 - - - -
         country de campaign summer - 1 1 1 0 0 1 - - - -
         country de strategy (none) - 1 1 1 0 0 1 - - - -
         country de strategy mail   - 1 1 0 0 0 0 - - - -
         country fr total    -      1 2 0 0 1 0 - 0 - - -
         country fr campaign spring - 2 0 0 1 0 - 0 - - -
         country fr strategy call   - 1 0 0 0 0 - - - - -
         country fr strategy mail   - 1 0 0 1 0 - 0 - - -",
    );
    let left_out = reference(parse_history(history), &settings).further_left_out;
    assert_eq!(left_out, FurtherLeftOut::from([(("contacts", "after_as_of"), 1)]));
}
