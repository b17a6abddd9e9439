package import Encoding
/// JSON Schema of the kinds, for editors that complete and check.
///
/// It comes from the same description of the fields as the decoder. The decoder is stricter: ranges
/// of durations and what must agree between fields are beyond a schema.
package enum ManifestSchema {
  /// One schema for every kind: which part holds is decided by `kind`.
  package static let all: JSONValue = [
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://serin.dev/schemas/v1alpha1.json",
    "title": "Serin manifests",
    "type": "object",
    "required": ["kind"],
    "properties": ["kind": ["enum": .array(ManifestKind.known.map(JSONValue.string))]],
    "allOf": .array(ManifestKind.known.map(branch)),
    "$defs": .object([
      ModelDeploymentForm.kind: modelDeployment, ProfileForm.kind: profile,
      ControllerForm.kind: controller,
    ]),
  ]

  package static let modelDeployment: JSONValue = .object(ModelDeploymentForm.form.schema)
  package static let profile: JSONValue = .object(ProfileForm.form.schema)
  package static let controller: JSONValue = .object(ControllerForm.form.schema)

  private static func branch(_ kind: String) -> JSONValue {
    [
      "if": ["properties": ["kind": ["const": .string(kind)]]],
      "then": ["$ref": .string("#/$defs/\(kind)")],
    ]
  }
}
