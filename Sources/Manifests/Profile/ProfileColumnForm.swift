import Analysis
import Encoding
import Profiles

/// One item of `spec.features` or `spec.outputs`.
enum ProfileColumnForm {
  /// What of the values is counted, with the counts of its bins but without those missing.
  private struct Binned: Sendable {
    let kind: ProfileColumn.Kind
    let counts: [Int]
  }

  static let form: Form<ProfileColumn> = .object(
    required("name", Form.text(atMost: 256), "The name of the column."),
    optional("number", ranges { .number(edges: $0) }, "Numbers, counted in ranges."),
    optional("category", category, "Texts or whole numbers, counted by value."),
    optional("text", ranges { .text(edges: $0) }, "Texts, counted by their length in characters."),
    optional("vector", vector, "Lists of numbers, counted by their Euclidean norm."),
    defaulted("missing", count, default: 0, "How often there was no value."),
    optional(
      "range", range,
      "The least and the largest value, length or norm allowed. Default: anything goes."),
    defaulted("optional", Form.boolean, default: false, "Whether a value may be missing.")
  ) { fields, name, number, category, text, vector, missing, range, isOptional in
    let kinds = [number, category, text, vector].compactMap { $0 }
    guard kinds.count == 1, let binned = kinds.first else {
      fields.error(
        "exactly one of number, category, text, vector is expected, found \(kinds.count)")
      return nil
    }
    if category != nil, range != nil { fields.error("a category has no range", on: "range") }
    return ProfileColumn(
      name: name, kind: binned.kind, counts: binned.counts + [missing], range: range,
      isOptional: isOptional)
  }

  private static let count = Form.integer(0...Bins.largestTotal)

  /// More than any test of drift tells apart.
  private static let mostBins = 1000

  private static let edges = Form.list(of: Form.number, count: 0...mostBins)
  private static let counts = Form.list(of: count, count: 1...(mostBins + 1))

  private static func ranges(
    _ kind: @escaping @Sendable ([Double]) -> ProfileColumn.Kind
  ) -> Form<Binned> {
    .object(
      required("edges", edges, "Where one range ends and the next begins, ascending."),
      required("counts", counts, "How often each was hit, from below the first edge on.")
    ) { fields, edges, counts in
      guard fit(edges, counts, fields) else { return nil }
      return Binned(kind: kind(edges.map(\.value)), counts: counts.map(\.value))
    }
  }

  private static let vector: Form<Binned> = .object(
    required("dimension", Form.integer(1...1_000_000), "How many numbers each list has."),
    required("edges", edges, "Where one range of norms ends and the next begins, ascending."),
    required("counts", counts, "How often each was hit, from below the first edge on.")
  ) { fields, dimension, edges, counts in
    guard fit(edges, counts, fields) else { return nil }
    return Binned(
      kind: .vector(dimension: dimension, edges: edges.map(\.value)), counts: counts.map(\.value))
  }

  /// Whether the edges ascend and there is a count for each range.
  private static func fit(
    _ edges: [Located<Double>], _ counts: [Located<Int>], _ fields: Fields
  ) -> Bool {
    for (edge, next) in zip(edges, edges.dropFirst()) where edge.value >= next.value {
      fields.findings.error("the edges do not ascend", at: next.position)
      return false
    }
    guard counts.count != edges.count + 1 else { return true }
    fields.error(
      "\(edges.count) edges make \(edges.count + 1) ranges, but there are \(counts.count) counts",
      on: "counts")
    return false
  }

  private static let category: Form<Binned> = .object(
    required("counts", Form.entries(of: count), "How often each value was seen."),
    defaulted("others", count, default: 0, "How often any other was.")
  ) { fields, counts, others in
    guard counts.count <= mostBins else {
      fields.error("\(counts.count) values, at most \(mostBins) are allowed", on: "counts")
      return nil
    }
    return Binned(
      kind: .category(values: counts.map(\.key)), counts: counts.map(\.value) + [others])
  }

  private static let bounds = Form.list(of: Form.number, count: 1...2)

  private static let range: Form<ValueRange> = Form(schema: bounds.schema) { node, findings in
    guard let bounds = bounds.read(node, findings) else { return nil }
    let values = bounds.map(\.value)
    if values.count == 2, let range = ValueRange(values[0], values[1]) { return range }
    findings.error(
      "a range is the least and the largest value", at: node.place, hint: "write it like [0, 150]")
    return nil
  }
}
