import Encoding

/// In which form a client wants objects: whole, or their metadata alone.
struct Presentation {
  private let isMetadata: Bool

  init(_ request: Request) {
    let first = (request.headers["accept"] ?? "").prefix { $0 != "," }
    isMetadata = first.contains("as=PartialObjectMetadata")
  }

  func object(_ object: JSONValue, _ type: APIType) -> JSONValue {
    guard isMetadata else { return object }
    return [
      "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
      "metadata": object["metadata"] ?? [:],
    ]
  }

  func list(_ list: JSONValue, _ type: APIType) -> JSONValue {
    guard isMetadata else { return list }
    let items = (list["items"] ?? .null).items.map { object($0, type) }
    var metadata = list["metadata"] ?? [:]
    if metadata["continue"] == "" { metadata[path: "continue"] = nil }
    return [
      "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
      "metadata": metadata, "items": .array(items),
    ]
  }
}
