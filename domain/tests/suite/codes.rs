//! The stable codes. They stand in databases, files and clients: a line may be added, none may change.

use std::fmt::Write as _;

use domain::{
    AreaLevel, DayPart, Generation, QuarantineReason, RejectionReason, SourceClass, Technology, TechnologyView,
    record::{AccessTechnology, Failing, FailureCause, FixedMedium, Protocol},
};

macro_rules! for_each_coded_enum {
    ($check:ident) => {
        $check!(
            AccessTechnology,
            AreaLevel,
            DayPart,
            Failing,
            FailureCause,
            FixedMedium,
            Generation,
            Protocol,
            QuarantineReason,
            RejectionReason,
            SourceClass,
            Technology,
            TechnologyView
        )
    };
}

#[test]
fn every_code_is_read_back_as_what_was_written() {
    macro_rules! check {
        ($($name:ident),+) => {$(
            for &member in $name::ALL {
                assert_eq!(member.code().parse::<$name>().unwrap(), member);
                assert_eq!(member.to_string(), member.code());
                let json = serde_json::to_string(&member).unwrap();
                assert_eq!(json, format!("\"{}\"", member.code()));
                assert_eq!(serde_json::from_str::<$name>(&json).unwrap(), member);
            }
        )+};
    }
    for_each_coded_enum!(check);
}

#[test]
fn an_unknown_code_is_refused_with_the_known_ones() {
    let error = "6g".parse::<Technology>().unwrap_err();
    assert_eq!(error.to_string(), "technology `6g`: one of 2g 3g 4g 5g 5g_dss 5g_nsa 5g_sa");
    assert!("4G".parse::<Technology>().is_err(), "codes have one spelling");
}

#[test]
fn codes_do_not_change() {
    let mut listed = String::new();
    macro_rules! list {
        ($($name:ident),+) => {$(
            let codes: Vec<_> = $name::ALL.iter().map(|member| member.code()).collect();
            writeln!(listed, "{}: {}", stringify!($name), codes.join(" ")).unwrap();
        )+};
    }
    for_each_coded_enum!(list);
    insta::assert_snapshot!(listed);
}
