import Encoding
package import Rollouts

extension Revision {
  /// Names a model: the same model is the same revision everywhere, whatever file it came from.
  package init(of model: Model) {
    let hash = sha256Hex(model.canonicalForm.utf8)
    self.init(id: ID(String(hash.prefix(10))), model: model)
  }
}
