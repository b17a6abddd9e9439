/// Reads the one document of a file that holds nothing else, or says what it is instead.
func decodeOnly<Value>(
  _ kind: String, _ form: Form<Value>, _ roots: [Node], _ findings: Findings
) -> Value? {
  for root in roots.dropFirst() {
    findings.error(
      "a second document", at: root.position, hint: "the file should hold one \(kind)")
  }
  guard let root = roots.first else {
    if !findings.hasErrors {
      findings.error("the file is empty", at: .start, hint: "it should hold one \(kind)")
    }
    return nil
  }
  guard let found = root["kind"], let name = found.text, name != kind else {
    return form.read(root, findings)
  }
  findings.error(
    "expected a \(kind), found the kind \"\(name.shortened)\"", at: found.position,
    hint: Suggestion.closest(to: name, in: [kind]).map { "did you mean \"\($0)\"?" })
  return nil
}
