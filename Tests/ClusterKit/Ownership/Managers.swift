import Encoding

/// Who owns which fields of an object: its `metadata.managedFields`.
struct Managers: Equatable {
  struct Name: Hashable {
    let manager: String
    /// Whether the fields were applied, not written.
    let isApplied: Bool
    /// Of a write; one who applies is the same whatever version it uses.
    let apiVersion: String
    let subresource: String
  }

  struct Entry: Equatable {
    var fields: FieldSet
    var apiVersion: String
    var time: String?
  }

  var entries: [Name: Entry] = [:]

  init() {}

  /// Reads the list.
  init(_ list: JSONValue?) {
    for item in list?.items ?? [] {
      guard let manager = item["manager"]?.string else { continue }
      let isApplied = item["operation"]?.string == "Apply"
      let version = item["apiVersion"]?.string ?? ""
      let name = Name(
        manager: manager, isApplied: isApplied, apiVersion: isApplied ? "" : version,
        subresource: item["subresource"]?.string ?? "")
      entries[name] = Entry(
        fields: FieldSet(item["fieldsV1"] ?? [:]), apiVersion: version, time: item["time"]?.string)
    }
  }

  /// The list in its order; nil when nobody owns anything.
  var json: JSONValue? {
    guard !entries.isEmpty else { return nil }
    return .array(entries.sorted { Self.order($0) < Self.order($1) }.map(Self.item))
  }

  private static func order(
    _ entry: (key: Name, value: Entry)
  ) -> (String, String, String, String, String) {
    (
      entry.key.isApplied ? "Apply" : "Update", entry.value.time ?? "", entry.key.manager,
      entry.value.apiVersion, entry.key.subresource
    )
  }

  private static func item(_ entry: (key: Name, value: Entry)) -> JSONValue {
    var item: [String: JSONValue] = [
      "manager": .string(entry.key.manager),
      "operation": entry.key.isApplied ? "Apply" : "Update",
      "apiVersion": .string(entry.value.apiVersion), "fieldsType": "FieldsV1",
      "fieldsV1": entry.value.fields.json,
    ]
    item["time"] = entry.value.time.map(JSONValue.string)
    if !entry.key.subresource.isEmpty { item["subresource"] = .string(entry.key.subresource) }
    return .object(item)
  }

  /// Without those who own nothing.
  mutating func dropEmpty() { entries = entries.filter { !$1.fields.isEmpty } }
}
