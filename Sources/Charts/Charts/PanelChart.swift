/// Many distributions in one picture, each in a small panel that is read like its neighbours.
///
/// With two distributions in a panel the reference is pale with an outline and what is now is solid,
/// as in a `BarChart`.
package struct PanelChart: Equatable, Sendable {
  /// One bin or category, with shares from 0 to 1.
  package struct Bin: Equatable, Sendable {
    package let label: String
    /// Nil where there is nothing to compare with.
    package let reference: Double?
    package let current: Double

    package init(label: String, reference: Double? = nil, current: Double) {
      self.label = label
      self.reference = reference
      self.current = current
    }
  }

  package enum Form: Equatable, Sendable {
    /// Ranges as wide as they are, and so high that the area is the share: what a reader sees is where
    /// values are dense. The edges ascend, and there is one bin more than edges.
    case density([Bin], edges: [Double])
    /// Ranges side by side, as wide as each other, to compare their shares.
    case ranges([Bin], edges: [String])
    /// Categories, one below the other; what does not fit is added up in a last row.
    case categories([Bin])
  }

  package struct Panel: Equatable, Sendable {
    package let title: String
    /// What it is, under its title: "number".
    package let note: String
    /// What should catch the eye beside the note, such as "4% missing"; empty where there is nothing.
    package let remark: String
    package let form: Form

    package init(title: String, note: String, remark: String = "", form: Form) {
      self.title = title
      self.note = note
      self.remark = remark
      self.form = form
    }
  }

  package let title: String
  /// What the picture shows, in a sentence or two, for those who cannot see it.
  package let description: String
  package let caption: String
  /// What the two distributions are called; nil where there is one.
  package let names: Names?
  package let panels: [Panel]

  package struct Names: Equatable, Sendable {
    package let reference: String
    package let current: String

    package init(reference: String, current: String) {
      self.reference = reference
      self.current = current
    }
  }

  package init(
    title: String, description: String, caption: String, names: Names? = nil, panels: [Panel]
  ) {
    self.title = title
    self.description = description
    self.caption = caption
    self.names = names
    self.panels = panels
  }
}
