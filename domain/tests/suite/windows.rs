use domain::{HourStamp, Window};

fn window(text: &str) -> Window {
    text.parse().unwrap()
}

fn hour(text: &str) -> HourStamp {
    HourStamp::containing(text.parse().unwrap())
}

#[test]
fn a_year_a_month_and_a_campaign_are_written_differently() {
    assert_eq!(window("2026"), Window::Year(2026));
    assert_eq!(window("2026-05"), Window::Month { year: 2026, month: 5 });
    assert_eq!(window("campaign:messwoche-nrw-2026"), Window::Campaign("messwoche-nrw-2026".parse().unwrap()));
}

#[test]
fn other_forms_are_refused() {
    for odd in [
        "",
        "26",
        "02026",
        "2026-5",
        "2026-00",
        "2026-13",
        "2026-05-01",
        "1969",
        "2401",
        "+026",
        "campaign:",
        "campaign:A",
        "messwoche",
    ] {
        assert!(odd.parse::<Window>().is_err(), "{odd}");
    }
}

#[test]
fn a_year_holds_its_hours_and_no_other() {
    let (from, to) = window("2026").hours().unwrap();
    assert_eq!((from, to), (hour("2026-01-01T00:00:00Z"), hour("2027-01-01T00:00:00Z")));
    assert_eq!(to.as_hours() - from.as_hours(), 365 * 24);
}

#[test]
fn december_ends_with_the_year() {
    assert_eq!(window("2026-12").hours().unwrap(), (hour("2026-12-01T00:00:00Z"), hour("2027-01-01T00:00:00Z")));
    let (from, to) = window("2028-02").hours().unwrap();
    assert_eq!(to.as_hours() - from.as_hours(), 29 * 24);
}

#[test]
fn a_campaign_keeps_its_dates_elsewhere() {
    assert_eq!(window("campaign:x").hours(), None);
}

#[test]
fn an_hour_knows_its_year_and_month() {
    let last = hour("2026-12-31T23:59:59Z");
    assert_eq!(Window::year_of(last), window("2026"));
    assert_eq!(Window::month_of(last), window("2026-12"));
    assert_eq!(Window::year_of(hour("2027-01-01T00:00:00Z")), window("2027"));
}

#[test]
fn every_month_begins_where_the_one_before_ends() {
    let months: Vec<_> = (1..=12).map(|month| window(&format!("2026-{month:02}")).hours().unwrap()).collect();
    assert!(months.windows(2).all(|pair| pair[0].1 == pair[1].0));
    let year = window("2026").hours().unwrap();
    assert_eq!((months[0].0, months[11].1), year);
}
