//! Every formula.

use kohort_model::formulas;

use super::formula::{Check, Formula, Input, Of, Outcome, Presence, Unit};
use super::given::Given;
use super::number::Kind;

/// All of them, in the order of the help.
pub static FORMULAS: &[Formula] = &[
    Formula {
        name: "retention",
        about: "Which share of the customers stayed",
        inputs: &[
            Input::count("start", "Customers at the start of the period"),
            Input::count("end", "Customers at the end of the period"),
            Input::count("new", "Customers at the end who joined in the period"),
        ],
        checks: &[Check::AtMost {
            parts: &["new"],
            whole: "end",
            why: "new customers count where they are still there at the end; leave out who left",
        }],
        results: &[Outcome::share("retention_rate", "({end} - {new}) / {start}", |g| {
            formulas::retention_rate(g.one("start"), g.one("end"), g.one("new"))
        })],
        example: "--start 1000 --end 1100 --new 200",
    },
    Formula {
        name: "churn",
        about: "Which share of the customers left",
        inputs: &[
            Input::count("start", "Customers at the start of the period"),
            Input::count("lost", "Those of them who are gone at the end"),
            Input::new(
                "periods-per-year",
                Kind::Whole(366),
                "Periods in a year, such as 12 for months: adds the rate of a year",
            )
            .with(Presence::Optional),
        ],
        checks: &[Check::AtMost {
            parts: &["lost"],
            whole: "start",
            why: "only those count who were there at the start; leave out who joined later",
        }],
        results: &[
            Outcome::share("churn_rate", "{lost} / {start}", |g| {
                formulas::churn_rate(g.one("start"), g.one("lost"))
            }),
            Outcome::share("kept_rate", "({start} - {lost}) / {start}", |g| {
                formulas::kept_rate(g.one("start"), g.one("lost"))
            }),
            Outcome::share(
                "annualised_churn_rate",
                "1 - (1 - {lost} / {start}) ^ {periods-per-year}",
                |g| {
                    let churn = formulas::churn_rate(g.one("start"), g.one("lost"))?;
                    let periods = i32::try_from(g.whole("periods-per-year")).ok()?;
                    Some(formulas::annualised(churn, periods))
                },
            )
            .needs("periods-per-year"),
        ],
        example: "--start 1000 --lost 70 --periods-per-year 12",
    },
    Formula {
        name: "revenue-churn",
        about: "Which share of the revenue left, gross and net, and what came in its place",
        inputs: &[
            Input::amount("start", "Revenue at the start, from all customers of then"),
            Input::amount("churned", "Revenue of the customers who left"),
            Input::amount("contraction", "What staying customers pay less than before")
                .with(Presence::OrZero),
            Input::amount("expansion", "What staying customers pay more than before")
                .with(Presence::OrZero),
            Input::amount("new", "Revenue of new customers").with(Presence::OrZero),
            Input::amount("reactivated", "Revenue of former customers who came back")
                .with(Presence::OrZero),
        ],
        checks: &[Check::AtMost {
            parts: &["churned", "contraction"],
            whole: "start",
            why: "both are lost from the revenue at the start; leave out what came later",
        }],
        results: &[
            Outcome::share(
                "gross_revenue_churn_rate",
                "({churned} + {contraction}) / {start}",
                |g| {
                    let [opening, churned, contraction, _] = movements(g);
                    formulas::gross_revenue_churn_rate(opening, churned, contraction)
                },
            ),
            Outcome::share(
                "net_revenue_churn_rate",
                "({churned} + {contraction} - {expansion}) / {start}",
                |g| {
                    let [opening, churned, contraction, expansion] = movements(g);
                    formulas::net_revenue_churn_rate(opening, churned, contraction, expansion)
                },
            ),
            Outcome::share(
                "gross_revenue_retention",
                "({start} - {churned} - {contraction}) / {start}",
                |g| {
                    let [opening, churned, contraction, _] = movements(g);
                    formulas::gross_revenue_retention(opening, churned, contraction)
                },
            ),
            Outcome::share(
                "net_revenue_retention",
                "({start} - {churned} - {contraction} + {expansion}) / {start}",
                |g| {
                    let [opening, churned, contraction, expansion] = movements(g);
                    formulas::net_revenue_retention(opening, churned, contraction, expansion)
                },
            ),
            Outcome::number(
                "quick_ratio",
                "({new} + {reactivated} + {expansion}) / ({contraction} + {churned})",
                |g| {
                    let [_, churned, contraction, expansion] = movements(g);
                    let (new, reactivated) = (g.one("new"), g.one("reactivated"));
                    formulas::quick_ratio(new, reactivated, expansion, contraction, churned)
                },
            ),
            Outcome::new(
                "lost_revenue",
                Unit::Number,
                "{churned} + {contraction}, rounded to a whole number",
                Of::Whole(|g| {
                    formulas::lost_revenue(g.one("churned"), g.one("contraction"), g.scale())
                }),
            ),
        ],
        example: "--start 100_000 --churned 5000 --contraction 3000 --expansion 10_000 --new 12_000",
    },
    Formula {
        name: "growth",
        about: "By which share the revenue from existing customers grew",
        inputs: &[
            Input::amount("start", "Revenue before, from all customers of then"),
            Input::amount("end", "Revenue now from customers of before, returned ones included"),
        ],
        checks: &[],
        results: &[Outcome::share(
            "existing_customer_growth_rate",
            "({end} - {start}) / {start}",
            |g| formulas::existing_customer_growth_rate(g.one("start"), g.one("end")),
        )],
        example: "--start 200_000 --end 230_000",
    },
    Formula {
        name: "repeat-purchase",
        about: "Which share of the buyers had bought before",
        inputs: &[
            Input::count("buyers", "Customers who bought in the period"),
            Input::count("repeat-buyers", "Those of them with two or more orders by its end"),
        ],
        checks: &[Check::AtMost {
            parts: &["repeat-buyers"],
            whole: "buyers",
            why: "repeat buyers are among the buyers; count customers, not orders",
        }],
        results: &[Outcome::share("repeat_purchase_ratio", "{repeat-buyers} / {buyers}", |g| {
            formulas::repeat_purchase_ratio(g.one("repeat-buyers"), g.one("buyers"))
        })],
        example: "--buyers 1000 --repeat-buyers 320",
    },
    Formula {
        name: "loyal",
        about: "Which share of the buyers is loyal",
        inputs: &[
            Input::count("buyers", "Customers who bought in the window"),
            Input::count("loyal", "Those of them with enough orders in it to count as loyal"),
        ],
        checks: &[Check::AtMost {
            parts: &["loyal"],
            whole: "buyers",
            why: "loyal customers are among the buyers; count both in one window",
        }],
        results: &[Outcome::share("loyal_customer_rate", "{loyal} / {buyers}", |g| {
            formulas::loyal_customer_rate(g.one("loyal"), g.one("buyers"))
        })],
        example: "--buyers 1000 --loyal 125",
    },
    Formula {
        name: "purchase-gap",
        about: "How long it takes from a purchase to the next",
        inputs: &[
            Input::amount("days", "Days between purchases, added up over all gaps"),
            Input::count("gaps", "Gaps: of each customer, purchases less one"),
        ],
        checks: &[],
        results: &[Outcome::days("mean_days", "{days} / {gaps}", |g| {
            formulas::mean_days_between_purchases(g.one("days"), g.one("gaps"))
        })],
        example: "--days 365 --gaps 10",
    },
    Formula {
        name: "lifetime-value",
        about: "What a customer is worth who leaves with the same chance in every period",
        inputs: &[
            Input::share("margin", "Share of the revenue that is profit, such as 0.6 or 60%"),
            Input::amount("revenue", "Revenue from a customer in a period"),
            Input::share("churn", "Churn rate of a period, such as 0.05 or 5%"),
        ],
        checks: &[Check::AboveZero {
            input: "churn",
            why: "of a customer who never leaves the value has no end; give a rate above 0",
        }],
        results: &[Outcome::number("lifetime_value", "{margin} × {revenue} / {churn}", |g| {
            let unit = g.scale().unit();
            formulas::lifetime_value(g.one("margin"), g.one("revenue"), g.one("churn"), unit)
        })],
        example: "--margin 60% --revenue 50 --churn 5%",
    },
    Formula {
        name: "win-back",
        about: "Which share of the former customers bought again",
        inputs: &[
            Input::count("lapsed", "Former customers at the start of the period"),
            Input::count("won-back", "Those of them who bought in it"),
        ],
        checks: &[Check::AtMost {
            parts: &["won-back"],
            whole: "lapsed",
            why: "only those count who had left by the start; leave out who left later",
        }],
        results: &[Outcome::share("win_back_rate", "{won-back} / {lapsed}", |g| {
            formulas::win_back_rate(g.one("won-back"), g.one("lapsed"))
        })],
        example: "--lapsed 400 --won-back 30",
    },
    Formula {
        name: "reactivation",
        about: "Which share of everybody who was silent bought",
        inputs: &[
            Input::count("inactive", "At the start: former customers, and prospects of long ago"),
            Input::count("reactivated", "Those of them who bought in the period"),
        ],
        checks: &[Check::AtMost {
            parts: &["reactivated"],
            whole: "inactive",
            why: "only those count who were inactive at the start; leave out the others",
        }],
        results: &[Outcome::share("reactivation_rate", "{reactivated} / {inactive}", |g| {
            formulas::reactivation_rate(g.one("reactivated"), g.one("inactive"))
        })],
        example: "--inactive 600 --reactivated 45",
    },
    Formula {
        name: "conversion",
        about: "Which share of the attempts to sell succeeded",
        inputs: &[
            Input::count("won", "Attempts that ended with a sale"),
            Input::count("lost", "Attempts that ended without; not those still open"),
        ],
        checks: &[],
        results: &[Outcome::share("conversion_rate", "{won} / ({won} + {lost})", |g| {
            formulas::conversion_rate(g.one("won"), g.one("lost"))
        })],
        example: "--won 30 --lost 90",
    },
    Formula {
        name: "return-rate",
        about: "Which share of what was sold came back",
        inputs: &[
            Input::amount("sold", "Units, orders or money sold"),
            Input::amount(
                "returned",
                "The same of what came back; by date of return it can be more",
            ),
        ],
        checks: &[],
        results: &[Outcome::share("return_rate", "{returned} / {sold}", |g| {
            formulas::return_rate(g.one("returned"), g.one("sold"))
        })],
        example: "--sold 1500 --returned 45",
    },
    Formula {
        name: "dso",
        about: "Days sales outstanding: how long customers take to pay",
        inputs: &[
            Input::amount("receivables", "What customers owe at the end of the period"),
            Input::amount("credit-sales", "Invoiced in the period"),
            Input::days("days", "Days of the period"),
            Input::amount("opening-receivables", "What they owed at its start: adds dso_average")
                .with(Presence::Optional),
            Input::amount("current", "Of the receivables, what is not overdue: adds the best dso")
                .with(Presence::Optional),
        ],
        checks: &[Check::AtMost {
            parts: &["current"],
            whole: "receivables",
            why: "what is not overdue is part of what is owed; give both for the same day",
        }],
        results: &[
            Outcome::days("dso", "{receivables} / {credit-sales} × {days}", |g| {
                formulas::days_sales_outstanding(
                    g.one("receivables"),
                    g.one("credit-sales"),
                    g.whole("days"),
                )
            }),
            Outcome::days(
                "dso_average",
                "({opening-receivables} + {receivables}) / 2 / {credit-sales} × {days}",
                |g| {
                    formulas::dso_average(
                        g.one("opening-receivables"),
                        g.one("receivables"),
                        g.one("credit-sales"),
                        g.whole("days"),
                    )
                },
            )
            .needs("opening-receivables"),
            Outcome::days("best_possible_dso", "{current} / {credit-sales} × {days}", |g| {
                formulas::days_sales_outstanding(
                    g.one("current"),
                    g.one("credit-sales"),
                    g.whole("days"),
                )
            })
            .needs("current"),
        ],
        example: "--receivables 212000 --credit-sales 100000 --days 30",
    },
    Formula {
        name: "dso-countback",
        about: "Days sales outstanding, counted back through the sales that are not paid yet",
        inputs: &[
            Input::amount("receivables", "What customers owe at the end of the newest period"),
            Input::amount("sales", "Invoiced in each period, the newest first")
                .with(Presence::List),
            Input::days("days", "Days of each of these periods").with(Presence::List),
        ],
        checks: &[Check::Pairs("sales", "days")],
        results: &[Outcome::days(
            "dso_countback",
            "how many of {days} it takes until {sales} add up to {receivables}",
            |g| {
                let periods = g.all("sales").zip(g.wholes("days"));
                formulas::dso_countback(g.one("receivables"), periods)
            },
        )
        .undefined(", which they do not; give older periods too")],
        example: "--receivables 212000 --sales 100000,80000,70000 --days 30,30,30",
    },
    Formula {
        name: "nps",
        about: "Net promoter score: how many would recommend you, less those who would not",
        inputs: &[
            Input::count("promoters", "Answers of 9 and 10"),
            Input::count("passives", "Answers of 7 and 8"),
            Input::count("detractors", "Answers of 0 to 6"),
        ],
        checks: &[],
        results: &[
            Outcome::number(
                "nps",
                "100 × ({promoters} - {detractors}) / ({promoters} + {passives} + {detractors})",
                |g| {
                    let [promoters, passives, detractors] = answers(g);
                    formulas::net_promoter_score(promoters, passives, detractors)
                },
            ),
            Outcome::number(
                "nps_standard_error",
                "100 × √((p + d - (p - d)²) / n), p = {promoters} / n, d = {detractors} / n, \
                 n = {promoters} + {passives} + {detractors}",
                |g| {
                    let [promoters, passives, detractors] = answers(g);
                    formulas::nps_standard_error(promoters, passives, detractors)
                },
            ),
        ],
        example: "--promoters 50 --passives 30 --detractors 20",
    },
];

fn movements(given: &Given) -> [i128; 4] {
    ["start", "churned", "contraction", "expansion"].map(|name| given.one(name))
}

fn answers(given: &Given) -> [i128; 3] {
    ["promoters", "passives", "detractors"].map(|name| given.one(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calc::render;

    /// Every name in a formula is one of its inputs.
    #[test]
    fn they_ask_for_what_they_use() {
        for formula in FORMULAS {
            let one = |input: &Input| vec![input.kind.parse("1").unwrap()];
            let given = Given { formula, numbers: formula.inputs.iter().map(one).collect() };
            // All are 1, so that two parts are more than their whole.
            let _ = given.check();
            let text = render::text(&given);
            assert_eq!(text.lines().count(), formula.results.len(), "{text}");
            assert!(!text.contains("undefined"), "{text}");
        }
    }
}
