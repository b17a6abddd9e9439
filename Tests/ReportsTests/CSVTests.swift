import Reports
import Testing

/// Tables for spreadsheets.
@Suite struct CSVTests {
  @Test(
    arguments: [
      ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"no\"", "\"say \"\"no\"\"\""),
      ("=cmd()", "'=cmd()"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"),
      ("=a,b", "\"'=a,b\""), ("\t=1", "'\u{FFFD}=1"), ("\r=1", "'\u{FFFD}=1"),
      ("\u{FF1D}1", "'\u{FF1D}1"), ("a\r\n=1,2", "\"a\u{FFFD}\u{FFFD}=1,2\""),
      ("a\u{202E}b\u{1B}[2J", "a\u{FFFD}b\u{FFFD}[2J"), ("1-2", "1-2"), ("ä", "ä"),
    ] as [(String, String)])
  func cells(text: String, expected: String) {
    #expect(CSV(["a", "b"], [["x", text]]).text == "a,b\r\nx,\(expected)\r\n")
  }

  /// A first cell is a cell like any other, and a header may be all there is.
  @Test func tables() {
    #expect(CSV(["a"], []).text == "a\r\n")
    #expect(CSV(["a"], [["=1"], ["2"]]).text == "a\r\n'=1\r\n2\r\n")
  }
}
