use super::*;

fn items(text: &[u8], items: Items) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut content = text;
    each_item("test", &FileRef::named("a.json"), &mut content, items, &mut |number, bytes| {
        found.push(format!("{number}:{}", String::from_utf8_lossy(bytes)));
        Ok(())
    })
    .map_err(|error| error.to_string())?;
    Ok(found)
}

#[test]
fn items_are_found_wherever_the_list_stands() {
    let text = br#" {"a": {"x": [1, "]"]}, "items": [ {"n": "}\"]"}, [2] , 3, "four" ], "z": null} "#;
    let expected = [r#"1:{"n": "}\"]"}"#, "2:[2]", "3:3", r#"4:"four""#];
    assert_eq!(items(text, Items::Under("items")).unwrap(), expected);
    assert!(items(br#"{"items": []}"#, Items::Under("items")).unwrap().is_empty());
}

#[test]
fn one_document_a_list_and_lines_are_all_values() {
    let two = ["1:{\"a\":1}", "2:{\"a\":2}"];
    assert_eq!(items(b"\xef\xbb\xbf[{\"a\":1},{\"a\":2}]", Items::Values).unwrap(), two);
    assert_eq!(items(b"{\"a\":1}\n{\"a\":2}\n", Items::Values).unwrap(), two);
    assert_eq!(items(b"{\"a\":1}", Items::Values).unwrap(), two[..1]);
}

#[test]
fn a_cut_document_says_where_and_another_key_is_named() {
    for text in [r#"{"items": ["#, r#"{"items": [{"a": 1"#, r#"{"items": [1]"#, r#"{"items": [1,"#, r#"{"ite"#] {
        let error = items(text.as_bytes(), Items::Under("items")).unwrap_err();
        assert!(error.contains("a.json, line 1, column") && error.contains("cut off"), "{text}: {error}");
    }
    let error = items(br#"{"things": [1]}"#, Items::Under("items")).unwrap_err();
    assert!(error.contains("no list `items` (it has things)"), "{error}");
    let error = items(b"{\"items\": [\n1\n2]}", Items::Under("items")).unwrap_err();
    assert!(error.contains("line 3, column 1"), "{error}");
}

#[test]
fn a_million_levels_and_an_endless_item_are_bounded() {
    let deep = format!("{{\"items\": [{}{}, 7]}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let found = items(deep.as_bytes(), Items::Under("items")).unwrap();
    assert_eq!((found.len(), found[1].as_str()), (2, "2:7"));
    let long = format!("{{\"items\": [\"{}\", 7]}}", "x".repeat(MAX_ITEM + 1));
    assert_eq!(items(long.as_bytes(), Items::Under("items")).unwrap(), ["1:", "2:7"], "too long comes as nothing");
}
