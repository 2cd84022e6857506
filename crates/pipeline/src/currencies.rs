//! The codes of currencies.

use kohort_checks::{Finding, Kind, Status};

use crate::findings::bare;
use crate::{Currency, Pipeline};

/// Codes of ISO 4217 that are in use, and those that the euro or another currency has replaced since 1999.
const CODES: &str = "\
    AED AFN ALL AMD ANG AOA ARS ATS AUD AWG AZN BAM BBD BDT BEF BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP \
    BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CYP CZK DEM DJF DKK DOP DZD EEK EGP ERN \
    ESP ETB EUR FIM FJD FKP FRF GBP GEL GHS GIP GMD GNF GRD GTQ GYD HKD HNL HRK HTG HUF IDR IEP ILS INR IQD \
    IRR ISK ITL JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LUF LVL LYD MAD MDL \
    MGA MKD MMK MNT MOP MRU MTL MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NLG NOK NPR NZD OMR PAB PEN PGK PHP \
    PKR PLN PTE PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SIT SKK SLE SLL SOS SRD SSP STN SVC SYP \
    SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG \
    XOF XPF YER ZAR ZMW ZWG ZWL";

/// Codes that a message lists at most.
const SHOWN: usize = 3;

/// Whether the currency of all amounts is one; `None` where none is named.
pub(crate) fn finding(pipeline: &Pipeline) -> Option<Finding> {
    let Currency::Code(code) = pipeline.basis.currency() else { return None };
    let is_one = CODES.split(' ').any(|known| known == code);
    let severity = pipeline.checks.unknown_values;
    let key = format!("{}.currency", pipeline.basis.money_section());
    let detail =
        || format!("{code:?} is no currency of ISO 4217; near it are {}", near(code).join(", "));
    Some(Finding {
        input: pipeline.basis.input(),
        subject: Some(key),
        observed: Some(if is_one { 0.0 } else { 1.0 }),
        allowed: Some(0.0),
        detail: (!is_one).then(detail),
        ..bare(Kind::UnknownValues, severity, Status::of(is_one, severity))
    })
}

fn near(code: &str) -> Vec<&'static str> {
    // Typing errors swap two letters or hit a wrong one.
    let mut known: Vec<_> =
        CODES.split(' ').map(|known| (strsim::osa_distance(code, known), known)).collect();
    known.sort_unstable();
    known.into_iter().take(SHOWN).map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_near_ones_come_first() {
        let codes: Vec<_> = CODES.split(' ').collect();
        assert!(codes.is_sorted_by(|a, b| a < b) && codes.iter().all(|code| code.len() == 3));
        for (code, expected) in [("GPB", "GBP"), ("ERU", "EUR"), ("USS", "USD"), ("CHR", "CHE")] {
            assert!(near(code).contains(&expected), "{code}: {:?}", near(code));
        }
    }
}
