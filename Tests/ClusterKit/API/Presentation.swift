import Encoding

/// In which form a client wants objects: whole, their metadata alone, or as rows of a table.
///
/// A type whose definition names no columns is shown whole, and kubectl makes a table of it itself.
struct Presentation {
  private enum Form { case whole, metadata, table }

  private let form: Form
  /// What time it is, by which a table says how old something is; nil where no table is made, as for what was just written.
  private let now: (@Sendable () -> String)?

  init(_ request: Request, now: (@Sendable () -> String)? = nil) {
    let first = (request.headers["accept"] ?? "").prefix { $0 != "," }
    self.now = now
    form =
      first.contains("as=PartialObjectMetadata")
      ? .metadata : first.contains("as=Table") ? .table : .whole
  }

  func object(_ object: JSONValue, _ type: APIType) -> JSONValue {
    if form == .metadata { return Self.metadata(of: object) }
    guard let table = table(of: type) else { return object }
    let version = object[path: "metadata", "resourceVersion"] ?? ""
    return table.json([object], metadata: ["resourceVersion": version])
  }

  func list(_ list: JSONValue, _ type: APIType) -> JSONValue {
    let items = (list["items"] ?? .null).items
    var metadata = list["metadata"] ?? [:]
    if metadata["continue"] == "" { metadata[path: "continue"] = nil }
    if form == .metadata {
      return [
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata, "items": .array(items.map(Self.metadata)),
      ]
    }
    return table(of: type)?.json(items, metadata: metadata) ?? list
  }

  private func table(of type: APIType) -> Table? {
    guard form == .table, !type.stored.columns.isEmpty, let now else { return nil }
    return Table(columns: type.stored.columns, now: now())
  }

  static func metadata(of object: JSONValue) -> JSONValue {
    [
      "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
      "metadata": object["metadata"] ?? [:],
    ]
  }
}
