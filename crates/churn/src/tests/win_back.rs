use kohort_inputs::Contact;
use kohort_model::{Basis, Day};

use super::people::{OPEN, Person, buys, context, lines, table};
use crate::WIN_BACK;

/// A message of the campaign with this code.
fn sent(day: i32, campaign: u32) -> Contact {
    Contact { day: Day(day), is_holdout: false, campaign, strategy: 0 }
}

fn withheld(day: i32, campaign: u32) -> Contact {
    Contact { is_holdout: true, ..sent(day, campaign) }
}

/// Rows of everybody, a week each, weeks with zeros and NULLs only left out.
fn totals(basis: Basis, people: &[Person], columns: &str) -> Vec<String> {
    let table = table(&WIN_BACK, context(basis), people);
    let rows = lines(&table, ("segment", "all"), &format!("breakdown period {columns}"));
    let rows = rows.iter().filter_map(|row| row.strip_prefix("total "));
    rows.filter(|row| row.split(' ').skip(1).any(|cell| cell != "0" && cell != "-"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn who_had_left_came_back() {
    let bought = |orders: &[(i32, i64)], refunds: &[(i32, i64)]| Person {
        orders: orders.to_vec(),
        refunds: refunds.to_vec(),
        ..Person::default()
    };
    let cases = [
        (
            "left and came back within a week",
            vec![buys(&[7, 13])],
            vec!["2 0 0 - 0 - 1", "3 1 0 0 0 - 0", "4 1 0 0 0 - 0"],
        ),
        (
            "from the return on, refunds too",
            vec![bought(&[(0, 100), (8, 50), (9, 30)], &[(7, -5), (10, -20), (14, -1)])],
            vec!["1 1 1 1 60 3 0", "2 0 0 - 0 - 1", "3 1 0 0 0 - 0", "4 1 0 0 0 - 0"],
        ),
        (
            "back on a week's first day",
            vec![buys(&[0, 14, 19, 24, 29])],
            vec!["1 1 0 0 0 - 0", "2 1 1 1 20 9 0"],
        ),
        (
            "twice lapsed",
            vec![buys(&[0, 8, 15]), buys(&[1, 14])],
            vec!["1 2 1 0.5 10 3 1", "2 2 2 1 20 5 2", "3 2 0 0 0 - 0", "4 2 0 0 0 - 0"],
        ),
        (
            "the week that as_of cuts",
            vec![bought(&[(20, 1), (28, 5), (29, 6)], &[(29, -2)]), buys(&[22])],
            vec!["4 2 1 0.5 9 3 0"],
        ),
        (
            "several days lapsed",
            vec![buys(&[0, 8]), buys(&[0, 11, 13])],
            vec!["1 2 2 1 30 4.5 1", "2 1 0 0 0 - 1", "3 2 0 0 0 - 0", "4 2 0 0 0 - 0"],
        ),
    ];
    let columns = "lapsed_opening won_back win_back_rate won_back_revenue median_days_lapsed \
                   spells_again";
    for (name, people, expected) in cases {
        assert_eq!(totals(Basis::Orders, &people, columns), expected, "{name}");
    }
}

#[test]
fn a_contract_comes_back_with_what_it_pays_at_the_close() {
    let paid = vec![(0, 6, 30), (8, 10, 20), (10, 20, 50), (29, OPEN, 70)];
    let people = [Person { paid, ..Person::default() }];
    let found = totals(Basis::Subscriptions, &people, "lapsed_opening won_back won_back_revenue");
    assert_eq!(found, ["1 1 1 50", "3 1 0 0", "4 1 1 70"]);
}

#[test]
fn prospects_are_silent_until_they_buy() {
    let seen = |day: i32, orders: &[i32]| Person { first_seen: Some(day), ..buys(orders) };
    let cases = [
        ("never buys", seen(6, &[]), ["0 0 -", "0 0 -", "1 0 0", "1 0 0", "1 0 0"]),
        ("a week later", seen(7, &[]), ["0 0 -", "0 0 -", "0 0 -", "1 0 0", "1 0 0"]),
        ("long before", seen(-20, &[]), ["1 0 0", "1 0 0", "1 0 0", "1 0 0", "1 0 0"]),
        ("not yet", seen(29, &[]), ["0 0 -"; 5]),
        ("buys at last", seen(0, &[27]), ["0 0 -", "0 0 -", "1 0 0", "1 1 1", "0 0 -"]),
        ("buys at once", seen(0, &[14, 19, 24, 29]), ["0 0 -", "0 0 -", "1 1 1", "0 0 -", "0 0 -"]),
        ("bought before", seen(0, &[13, 18, 23, 28]), ["0 0 -"; 5]),
        ("bought before it was seen", seen(6, &[5, 10, 15, 20, 25]), ["0 0 -"; 5]),
        ("nobody saw it", buys(&[]), ["0 0 -"; 5]),
    ];
    let regular = buys(&[0, 5, 10, 15, 20, 25]);
    for (name, person, expected) in cases {
        let table = table(&WIN_BACK, context(Basis::Orders), &[regular.clone(), person]);
        let columns = "inactive_opening reactivated reactivation_rate";
        assert_eq!(lines(&table, ("segment", "all"), columns), expected, "{name}");
        assert!(lines(&table, ("segment", "country"), columns).iter().all(|row| row == "- - -"));
    }
}

#[test]
fn both_kinds_of_silence_add_up() {
    let seen = |day: i32, orders: &[i32]| Person { first_seen: Some(day), ..buys(orders) };
    let people = [buys(&[0, 14]), buys(&[1]), seen(0, &[15]), seen(1, &[])];
    let columns = "lapsed_opening won_back inactive_opening reactivated reactivation_rate";
    let found = totals(Basis::Orders, &people, columns);
    assert_eq!(found, ["1 2 0 2 0 0", "2 2 1 4 2 0.5", "3 3 0 4 0 0", "4 3 0 4 0 0"]);
}

#[test]
fn rows_start_with_the_first_activity() {
    let early = Person { first_seen: Some(-20), ..buys(&[]) };
    let table = table(&WIN_BACK, context(Basis::Orders), &[early, buys(&[15])]);
    let found = lines(&table, ("segment", "all"), "period inactive_opening");
    assert_eq!(found, ["2 1", "3 2", "4 2"]);
}

#[test]
fn the_last_contact_before_a_return_wins() {
    // Who orders on day 0 only has left from day 5 on.
    let cases = [
        ("on the window's last day", vec![0, 12], vec![sent(8, 0)], vec!["1 1 1 1 0 0 0"]),
        ("after the window", vec![0, 13], vec![sent(8, 0)], vec!["1 1 1 0 0 0 0"]),
        ("on the day of the churn event", vec![0, 9], vec![sent(5, 0)], vec!["0 1 1 1 0 0 0"]),
        ("while active", vec![0, 9], vec![sent(4, 0)], vec!["0 1 0 0 0 0 0"]),
        ("on the day of return", vec![0, 9], vec![sent(9, 0)], vec!["1 1 1 1 0 0 0"]),
        ("after the return", vec![0, 9], vec![sent(10, 0)], vec!["1 1 0 0 0 0 0"]),
        ("twice in a week", vec![0, 11], vec![sent(8, 0), sent(8, 0)], vec!["1 2 1 1 0 0 0"]),
        (
            "in two weeks",
            vec![0, 9],
            vec![sent(6, 0), sent(8, 0)],
            vec!["0 1 1 0 0 0 0", "1 1 1 1 0 0 0"],
        ),
        (
            "sent and withheld on one day",
            vec![0, 9],
            vec![sent(8, 0), withheld(8, 0)],
            vec!["1 2 0 0 1 1 0"],
        ),
        ("withheld first", vec![0, 11], vec![withheld(7, 0), sent(9, 0)], vec!["1 2 1 1 0 0 0"]),
        (
            "two lapse spells",
            vec![0, 8, 19],
            vec![sent(7, 0), sent(13, 0), withheld(15, 0)],
            vec!["1 2 2 1 0 0 0", "2 1 0 0 1 1 0"],
        ),
        ("still open", vec![0], vec![sent(26, 0)], vec!["3 1 1 0 0 0 1"]),
        ("past the window", vec![0], vec![sent(25, 0)], vec!["3 1 1 0 0 0 0"]),
        ("withheld and open", vec![0], vec![withheld(29, 0)], vec!["4 1 0 0 1 0 1"]),
    ];
    let columns = "contacts contacted converted holdout holdout_converted attribution_open";
    for (name, orders, contacts, expected) in cases {
        let people = [Person { contacts, ..buys(&orders) }];
        assert_eq!(totals(Basis::Orders, &people, columns), expected, "{name}");
    }
}

#[test]
fn campaigns_have_their_own_last_contact() {
    let columns = "breakdown_value period contacts contacted converted holdout holdout_converted";
    let cases = [
        (vec![sent(8, 0), sent(10, 1)], ["autumn 1 1 1 1 0 0", "spring 1 1 1 0 0 0"]),
        (vec![sent(8, 1), withheld(8, 0)], ["autumn 1 1 1 0 0 0", "spring 1 1 0 0 1 1"]),
        (
            vec![sent(7, 1), sent(8, 0), sent(9, 1), withheld(10, 0)],
            ["autumn 1 2 1 0 0 0", "spring 1 2 0 0 1 1"],
        ),
    ];
    for (contacts, expected) in cases {
        let people = [Person { contacts: contacts.clone(), ..buys(&[0, 11]) }];
        let found = table(&WIN_BACK, context(Basis::Orders), &people);
        assert_eq!(lines(&found, ("breakdown", "campaign"), columns)[..2], expected);
        let of_segment = lines(&found, ("segment_value", "AT"), &format!("breakdown {columns}"));
        assert!(expected.iter().all(|row| of_segment.contains(&format!("campaign {row}"))));
        let order = lines(&found, ("period", "1"), "segment breakdown breakdown_value");
        let rows = ["total -", "campaign autumn", "campaign spring", "strategy mail"];
        let by_segment = ["all", "country"].map(|s| rows.map(|row| format!("{s} {row}")));
        assert_eq!(order, by_segment.concat());
        let returns = lines(&found, ("breakdown", "campaign"), "lapsed_opening reactivation_rate");
        assert!(returns.iter().all(|row| row == "- -"));
    }
}

#[test]
fn strangers_count_among_everybody() {
    let stranger = Person { contacts: vec![sent(9, 0)], ..Person::default() };
    let table = table(&WIN_BACK, context(Basis::Orders), &[buys(&[0]), stranger]);
    let contacts = |segment| lines(&table, ("segment", segment), "breakdown period contacts");
    assert!(contacts("all").contains(&"campaign 1 1".to_owned()));
    assert_eq!(
        contacts("country"),
        ["total 0 0", "total 1 0", "total 2 0", "total 3 0", "total 4 0"]
    );
}

#[test]
fn uplift_compares_with_the_holdout() {
    let person = |orders: &[i32], contact| Person { contacts: vec![contact], ..buys(orders) };
    let mut people = vec![person(&[0, 10], sent(8, 0)); 9];
    people.push(person(&[0], sent(8, 0)));
    people.extend(vec![person(&[0, 10], withheld(8, 0)); 3]);
    people.extend(vec![person(&[0], withheld(8, 0)); 7]);
    let columns = "conversion_rate holdout_conversion_rate uplift uplift_low uplift_high";
    let found = totals(Basis::Orders, &people, columns);
    assert_eq!(found, ["1 0.9 0.3 0.6 0.1705 0.809"]);
}

#[test]
fn a_row_says_whether_it_is_settled() {
    let found = table(&WIN_BACK, context(Basis::Orders), &[buys(&[0])]);
    let columns = "period is_complete attribution_is_complete";
    assert_eq!(
        lines(&found, ("segment", "all"), columns),
        ["0 true true", "1 true true", "2 true true", "3 true false", "4 false false"]
    );
}

#[test]
fn columns_without_an_input_are_null() {
    let mut plain = context(Basis::Orders);
    plain.win_back.has_contacts = false;
    plain.win_back.has_prospects = false;
    let found = table(&WIN_BACK, plain, &[buys(&[20])]);
    let columns = "lapsed_opening inactive_opening reactivated contacts contacted converted \
                   holdout holdout_converted attribution_open uplift attribution_is_complete";
    let found = lines(&found, ("segment", "all"), columns);
    assert_eq!(found, ["0 - - - - - - - - - -", "0 - - - - - - - - - -", "1 - - - - - - - - - -"]);
}
