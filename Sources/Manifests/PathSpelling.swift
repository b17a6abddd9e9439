import Encoding
import Foundation

/// How the path of a manifest may be spelled, so that no two of a repository look alike.
///
/// Printable ASCII without a backslash, and letters and marks of the scripts below in Unicode's composed
/// form. A word is a run of letters, marks and digits; its letters are of one script, and not all of
/// them look Latin when they are something else.
package enum PathSpelling {
  private enum Script: String { case latin, greek, cyrillic, eastAsian, other }

  /// Returns what is wrong with a path; nil when it is spelled as it may be.
  package static func problem(of path: String) -> String? {
    guard !path.utf8.allSatisfy(isPlain) else { return nil }
    for scalar in path.unicodeScalars where !isAllowed(scalar) { return refusal(of: scalar) }
    guard isItself(path.precomposedStringWithCanonicalMapping, path) else {
      return "it is not in Unicode's composed form (NFC)"
    }
    guard isItself(path.precomposedStringWithCompatibilityMapping, path) else {
      return "it holds a character that stands for another one"
    }
    return words(of: path).lazy.compactMap(problem(inWord:)).first
  }

  /// Returns why a file is not read; nil when its path is spelled as it may be.
  ///
  /// The path is shown byte by byte: its characters are what it would deceive with.
  package static func refusal(of path: String, shownAs shown: String? = nil) -> Diagnostic? {
    problem(of: path).map { problem in
      Diagnostic(
        .error, path: escaped((shown ?? path).utf8), position: TextPosition(line: 1, column: 1),
        message: "the path may not be spelled like this: \(problem)",
        hint: "rename the file: in ASCII, or in letters of one script for each word")
    }
  }

  /// Returns a path with every byte that is not printable ASCII as "\xNN", so that what looks alike can
  /// be told apart.
  package static func escaped(_ path: some Sequence<UInt8>) -> String {
    path.map { byte in
      guard !(0x20...0x7E).contains(byte) else { return String(Unicode.Scalar(byte)) }
      let digits = String(byte, radix: 16, uppercase: true)
      return "\\x" + (digits.utf8.count == 1 ? "0" : "") + digits
    }.joined()
  }

  /// Returns a path as it is, unless it may not be spelled like that.
  package static func shown(_ path: String) -> String {
    problem(of: path) == nil ? path : escaped(path.utf8)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\\")
  }

  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    guard !scalar.isASCII else { return isPlain(UInt8(scalar.value)) }
    guard !scalar.properties.isDefaultIgnorableCodePoint else { return false }
    return isMark(scalar) || (isLetter(scalar) && script(of: scalar) != nil)
  }

  private static func refusal(of scalar: Unicode.Scalar) -> String {
    guard scalar != "\\" else {
      return "it holds a backslash, or bytes that are not UTF-8 (shown as \\xNN)"
    }
    return
      "it holds U+\(String(scalar.value, radix: 16, uppercase: true)), which is no letter or mark of a "
      + "script that paths may have"
  }

  private static func isItself(_ form: String, _ path: String) -> Bool {
    form.utf8.elementsEqual(path.utf8)
  }

  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    [.nonspacingMark, .spacingMark].contains(scalar.properties.generalCategory)
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  private static func words(of path: String) -> [[Unicode.Scalar]] {
    path.unicodeScalars.split { scalar in
      !isMark(scalar) && !isLetter(scalar) && !("0"..."9").contains(scalar)
    }.map(Array.init)
  }

  private static func problem(inWord word: [Unicode.Scalar]) -> String? {
    guard !isMark(word[0]) else { return "it holds a mark without a letter" }
    let letters = word.filter(isLetter)
    let scripts = Set(letters.compactMap(script(of:)))
    guard scripts.count < 2 else {
      let names = scripts.map(\.rawValue).sorted().joined(separator: " and ")
      return "a word in it mixes letters of several scripts (\(names))"
    }
    guard !letters.isEmpty, scripts != [.latin], letters.allSatisfy(looksLatin.contains) else {
      return nil
    }
    return "a word in it looks Latin, and is not"
  }

  /// The script of a letter; nil for those that no path may have: phonetic letters, historic scripts and
  /// those that are made of letters like the Latin ones.
  private static func script(of scalar: Unicode.Scalar) -> Script? {
    switch scalar.value {
    case 0x01C0...0x01C3: nil
    case 0x41...0x5A, 0x61...0x7A, 0xC0...0x024F, 0x1E00...0x1EFF: .latin
    case 0x0370...0x03FF, 0x1F00...0x1FFF: .greek
    case 0x0400...0x052F: .cyrillic
    // Armenian to Arabic, India to Georgia, Ethiopia, Khmer.
    case 0x0530...0x06FF, 0x0750...0x077F, 0x0900...0x10FF, 0x1200...0x139F, 0x1780...0x17FF:
      .other
    default: DisplayText.width(of: scalar) == 2 ? .eastAsian : nil
    }
  }

  /// Greek, Cyrillic and Armenian letters that a reader takes for Latin ones.
  private static let looksLatin = Set(
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγικνορτυχϲϳ".unicodeScalars
      + "АВЕЅІЈКМНОРСТУХҮҺԌԚԜавекмнорстухѕіјһӏԁԛԝүѵ".unicodeScalars
      + "ՕՍհոսցօյզ".unicodeScalars)
}
