import Encoding
import Foundation
import Golden
import Manifests
import Testing

/// The schema that editors read and the decoder know the same keys.
@Suite struct SchemaTests {
  /// A mapping somewhere in a document, as the schema describes it.
  struct Place: CustomTestStringConvertible, Sendable {
    let kind: String
    /// Keys from the root; "[]" steps into a list.
    let path: [String]
    let schema: JSONValue

    var testDescription: String { "\(kind) \(path.joined(separator: "."))" }
    var keys: [String] {
      guard case .object(let members) = schema["properties"] else { return [] }
      return members.keys.sorted()
    }
  }

  static let places =
    places("ModelDeployment", ManifestSchema.modelDeployment)
    + places("DataProfile", ManifestSchema.profile)
    + places("Controller", ManifestSchema.controller)

  static func places(_ kind: String, _ schema: JSONValue, path: [String] = []) -> [Place] {
    var found: [Place] = []
    if case .object(let members) = schema["properties"] {
      found.append(Place(kind: kind, path: path, schema: schema))
      for (key, member) in members.sorted(by: { $0.key < $1.key }) {
        found += places(kind, member, path: path + [key])
      }
    }
    if let values = schema["additionalProperties"] {
      found += places(kind, values, path: path + ["any"])
    }
    if let items = schema["items"] { found += places(kind, items, path: path + ["[]"]) }
    if case .array(let forms) = schema["oneOf"] {
      found += forms.flatMap { places(kind, $0, path: path) }
    }
    return found
  }

  @Test(arguments: places)
  func decoderKnowsEveryKeyOfTheSchemaAndNoOther(place: Place) {
    let members = (place.keys + ["qqqqqqqqqqqq"]).map { "\($0): 1" }.joined(separator: ", ")
    var text = "{\(members)}"
    for key in place.path.reversed() { text = key == "[]" ? "[\(text)]" : "{\(key): \(text)}" }
    if !place.path.isEmpty {
      text = "{apiVersion: serin.dev/v1alpha1, kind: \(place.kind), " + text.dropFirst()
    } else {
      text = text.replacing("kind: 1", with: "kind: \(place.kind)").replacing(
        "apiVersion: 1", with: "apiVersion: serin.dev/v1alpha1")
    }
    let unknown = diagnostics(text, place.kind).filter { $0.contains("unknown key") }
    let isEmptyChoice = place.keys.isEmpty
    #expect(unknown == ["unknown key \"qqqqqqqqqqqq\""], "\(text) \(isEmptyChoice)")
  }

  private func diagnostics(_ text: String, _ kind: String) -> [String] {
    let bytes = Array(text.utf8)
    return kind == "Controller"
      ? decodeController(bytes, path: "x").diagnostics.map(\.message)
      : decodeManifests(bytes, path: "x").diagnostics.map(\.message)
  }

  /// Each field says what it is for, and each one that may be absent and has a value then says which.
  @Test(arguments: places)
  func everyFieldIsDescribed(place: Place) {
    for key in place.keys {
      guard case .string(let summary) = place.schema["properties"]?[key]?["description"] else {
        Issue.record("\(key) has no description")
        continue
      }
      #expect(summary.hasSuffix("."), "\(key): \(summary)")
    }
  }

  /// Each key is written as code somewhere in the documents, as in the tables of docs/manifests.md.
  @Test(arguments: places) func everyKeyIsDocumented(place: Place) throws {
    let documented = try Self.documented.get()
    let missing = place.keys.filter { !documented.contains(Substring($0)) }
    #expect(missing.isEmpty)
  }

  private static let documented = Result {
    let folder = URL(filePath: #filePath).appending(path: "../../../docs").standardized
    let texts = try TestFiles.names(in: folder, ending: ".md").map {
      String(decoding: try TestFiles.bytes(folder.appending(path: $0)), as: UTF8.self)
    }
    // What stands between two of these signs is code, on one line or on many.
    let code = texts.flatMap { text in
      text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map(\.element)
    }
    return Set(code.flatMap { $0.split { !$0.isLetter && !$0.isNumber } })
  }

  @Test func schemaIsStable() throws {
    let schemas = [
      ManifestSchema.modelDeployment, ManifestSchema.profile, ManifestSchema.controller,
    ]
    let text = schemas.map(\.canonical).joined()
    #expect(
      Self.places.count == text.ranges(of: #""properties":{"#).count, "every mapping is tried")
    try expectGolden(ManifestSchema.all.indented + "\n", "schema.json")
  }
}
