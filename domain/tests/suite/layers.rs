use domain::{
    Access, Layer, SourceClass, Technology,
    Technology::{FiveG, FiveGDss, FiveGNsa, FiveGSa, FourG, ThreeG, TwoG},
    TechnologyView as View,
};

/// Rows: what a free phone sees. Columns: any, broadband, 2g, 3g, 4g, 5g.
/// `+` served, `-` not served, `.` says nothing.
const FREE_PHONE: [(Option<Technology>, &str); 8] = [
    (None, "------"),
    (Some(TwoG), "+-+---"),
    (Some(ThreeG), "+-.+--"),
    (Some(FourG), "++..+-"),
    (Some(FiveG), "++...+"),
    (Some(FiveGDss), "++..++"),
    (Some(FiveGNsa), "++..++"),
    (Some(FiveGSa), "++...+"),
];

fn verdicts(observed: Option<Technology>, locked_to: Option<Technology>) -> String {
    let sign = |view: &View| match view.verdict(observed, locked_to) {
        Some(true) => '+',
        Some(false) => '-',
        None => '.',
    };
    View::ALL.iter().map(sign).collect()
}

#[test]
fn a_free_phone_votes_in_the_views_it_can_speak_of() {
    for (observed, expected) in FREE_PHONE {
        assert_eq!(verdicts(observed, None), expected, "{observed:?}");
    }
}

#[test]
fn two_g_alone_is_service_but_no_broadband() {
    // METHODS T4: (none, 2G, none) is white, not a Funkloch.
    assert_eq!(View::Any.verdict(Some(TwoG), None), Some(true));
    assert_eq!(View::Broadband.verdict(Some(TwoG), None), Some(false));
    assert_eq!(View::Any.verdict(None, None), Some(false));
}

#[test]
fn a_locked_receiver_says_nothing_about_other_technologies() {
    assert_eq!(verdicts(Some(FourG), Some(FourG)), "++..+.");
    assert_eq!(verdicts(Some(TwoG), Some(TwoG)), "+.+...");
}

#[test]
fn a_locked_receiver_without_service_denies_only_what_it_is_locked_to() {
    assert_eq!(verdicts(None, Some(FourG)), "....-.");
    assert_eq!(verdicts(None, Some(TwoG)), "..-...");
    assert_eq!(verdicts(None, Some(FiveG)), ".....-");
    assert_eq!(verdicts(None, Some(FiveGSa)), "......", "another kind of 5G may be there");
}

#[test]
fn broadband_begins_with_4g() {
    let broadband: Vec<_> = Technology::ALL.iter().filter(|technology| technology.is_broadband()).collect();
    assert_eq!(broadband, [&FourG, &FiveG, &FiveGDss, &FiveGNsa, &FiveGSa]);
}

#[test]
fn layers_are_written_as_one_word() {
    let layer: Layer = "mobile-26201-broadband".parse().unwrap();
    assert_eq!(layer, Layer::Mobile { operator: "26201".parse().unwrap(), view: View::Broadband });
    assert_eq!((layer.operator(), layer.view()), (Some("26201".parse().unwrap()), Some(View::Broadband)));
    assert_eq!("fixed".parse::<Layer>().unwrap(), Layer::Fixed);
    assert_eq!((Layer::Fixed.operator(), Layer::Fixed.view()), (None, None));
}

#[test]
fn layers_of_other_shapes_are_refused() {
    for odd in ["", "mobile", "mobile-26201", "mobile-26201-6g", "mobile-99999-any", "fixed-26201-any", "Fixed"] {
        assert!(odd.parse::<Layer>().is_err(), "{odd}");
    }
}

#[test]
fn fixed_lines_are_summarised_coarser_than_phones() {
    assert_eq!(Access::Fixed.leaf_resolution(), domain::Hex::FIXED);
    let mobile = "mobile-26201-any".parse::<Layer>().unwrap().access();
    assert_eq!(mobile.leaf_resolution(), domain::Hex::MOBILE);
}

/// Promise 7: of two views of the same phones, the difference would be those that only one of them judges.
#[test]
fn all_views_of_contributors_judge_every_look_of_a_free_phone() {
    for source in SourceClass::ALL.iter().filter(|source| source.k() > 1) {
        for (observed, _) in FREE_PHONE {
            assert!(View::of(*source).iter().all(|view| view.verdict(observed, None).is_some()), "{observed:?}");
        }
    }
    assert_eq!(View::of(SourceClass::Survey), View::ALL, "drive tests can tell each technology apart");
}

#[test]
fn networks_are_written_as_one_word() {
    for access in ["fixed", "mobile-26201"] {
        assert_eq!(access.parse::<Access>().unwrap().to_string(), access);
    }
    for odd in ["", "mobile", "mobile-", "mobile-9", "mobile-26201-any", "26201"] {
        assert!(odd.parse::<Access>().is_err(), "{odd}");
    }
    let layers: Vec<String> =
        "mobile-26201".parse::<Access>().unwrap().layers(SourceClass::Crowd).iter().map(Layer::to_string).collect();
    assert_eq!(layers, ["mobile-26201-any", "mobile-26201-broadband", "mobile-26201-5g"]);
}
