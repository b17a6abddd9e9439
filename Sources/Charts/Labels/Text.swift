/// Text in a picture whose fonts are not known: measured generously, cut where it does not fit.
enum Text {
  /// Returns the width of `text` in pixels at `size` pixels, rather too wide than too narrow.
  ///
  /// The widths are those of DejaVu Sans, the widest of the usual fonts; beyond Latin, Greek and
  /// Cyrillic a character is taken to fill a square.
  static func width(_ text: String, size: Double) -> Double {
    size * text.unicodeScalars.reduce(0) { $0 + width(of: $1) }
  }

  /// Returns `text`, cut to `width` pixels with an ellipsis; nil when not even three characters
  /// fit.
  static func fitted(_ text: String, width limit: Double, size: Double) -> String? {
    if width(text, size: size) <= limit { return text }
    var (room, kept) = (limit - size, "")
    for character in text {
      room -= width(String(character), size: size)
      guard room >= 0 else { break }
      kept.append(character)
    }
    while kept.last == " " { kept.removeLast() }
    return kept.count < 3 ? nil : kept + "…"
  }

  private static func width(of scalar: Unicode.Scalar) -> Double {
    switch scalar {
    case "i", "j", "l", "t", "f", "r", "I", " ", ".", ",", ":", ";", "'", "|", "!", "(", ")": 0.42
    case "m", "w", "M", "W", "%", "@", "−", "+", "<", ">", "=": 0.97
    case "A"..."Z": 0.75
    case "\u{0}"..."\u{52F}": 0.64
    default: 1
    }
  }
}
