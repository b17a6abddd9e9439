/// The name of a ModelDeployment: unique in the whole repository.
package struct DeploymentName: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  /// The namespace of what names none.
  package static let defaultNamespace = "default"

  package let namespace: String
  package let name: String

  package init(namespace: String = Self.defaultNamespace, name: String) {
    self.namespace = namespace
    self.name = name
  }

  /// "payments/fraud-detector".
  package var description: String { "\(namespace)/\(name)" }

  package static func < (left: DeploymentName, right: DeploymentName) -> Bool {
    (left.namespace, left.name) < (right.namespace, right.name)
  }
}

/// A ModelDeployment manifest that has passed every check.
///
/// What a team asks for: one named endpoint, which revision should serve it, how it goes live and
/// what it promises. It is in every look, and nearly always the one of the look before: so a copy is one
/// reference, and what is the same is equal at once.
@dynamicMemberLookup
package struct Deployment: Equatable, Sendable, Codable {
  package struct Fields: Equatable, Sendable, Codable {
    package let name: DeploymentName
    /// The operator's name of the runtime that serves it; nil when the manifest names none, until the
    /// controller says which.
    ///
    /// It is no part of a revision.
    package var runtime: String?
    package var revision: Revision
    package var strategy: Strategy
    package var objectives: [Objective]
    package internal(set) var analysis: AnalysisSettings
    /// How long the old revision stays loaded, with the checks armed, after promotion.
    @InMilliseconds package var bake: Duration
    /// The share of the traffic that the old revision keeps in the bake, to be compared with.
    package var holdback: PerMille
    /// How long a revision may take to be fetched, loaded and ready.
    @InMilliseconds package var prepareWithin: Duration
    /// A suspended deployment neither advances nor admits; its rollback stays armed.
    package var suspended: Bool
    /// What becomes of a rejected revision when nothing serves.
    package var whenNothingServes: WhenNothingServes
    /// How drift is watched; nil when it is not.
    package var drift: DriftSettings?
    /// How many servers each revision has; nil is one.
    ///
    /// Another number makes no other revision.
    package var replicas: Int?
    /// How the model is used; nil is online.
    package var serving: ServingMode?
    /// By what requests are judged in groups of their own; nil when they are not.
    package var slices: Slices?
    /// What a candidate must bear before it gets any traffic; nil is nothing.
    ///
    /// Another load makes no other revision.
    package var loadTest: LoadTest?
    /// The name of the group that it moves with, within its namespace; nil when it moves alone.
    ///
    /// Another group makes no other revision.
    package var group: String?
    /// What an A/B test tries beside the model of the manifest; nil when it tries that alone.
    package var rivals: [Revision]?
  }

  private var fields: Shared<Fields>

  package init(
    name: DeploymentName, runtime: String?, revision: Revision, strategy: Strategy,
    objectives: [Objective], analysis: AnalysisSettings, bake: Duration, holdback: PerMille = .none,
    prepareWithin: Duration, suspended: Bool, whenNothingServes: WhenNothingServes = .tryRejected,
    drift: DriftSettings? = nil, replicas: Int? = nil, serving: ServingMode? = nil,
    slices: Slices? = nil, loadTest: LoadTest? = nil, group: String? = nil,
    rivals: [Revision]? = nil
  ) {
    fields = Shared(
      Fields(
        name: name, runtime: runtime, revision: revision, strategy: strategy,
        objectives: objectives, analysis: analysis, bake: bake, holdback: holdback,
        prepareWithin: prepareWithin, suspended: suspended,
        whenNothingServes: whenNothingServes, drift: drift, replicas: replicas,
        serving: serving, slices: slices, loadTest: loadTest, group: group, rivals: rivals))
  }

  package subscript<Field>(dynamicMember field: KeyPath<Fields, Field>) -> Field {
    fields.value[keyPath: field]
  }

  package subscript<Field>(dynamicMember field: WritableKeyPath<Fields, Field>) -> Field {
    get { fields.value[keyPath: field] }
    set { fields.value[keyPath: field] = newValue }
  }

  package init(from decoder: any Decoder) throws { fields = Shared(try Fields(from: decoder)) }

  package func encode(to encoder: any Encoder) throws { try fields.value.encode(to: encoder) }

  /// All models that it asks for, the one that is to serve first.
  package var models: [Model] { ([self.revision] + (self.rivals ?? [])).map(\.model) }
}

/// One immutable thing that can serve: a model version and its serving settings.
///
/// As a deployment it is one reference.
package struct Revision: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The first ten hexadecimal digits of the SHA-256 of `Model.canonicalForm`; a baseline is
  /// "STABLE-baseline-CANDIDATE".
  ///
  /// Letters, digits and hyphens only, since runtimes make paths and names of it.
  package struct ID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let description: String

    package init(_ text: String) { description = text }

    package static func < (left: ID, right: ID) -> Bool { left.description < right.description }

    package init(from decoder: any Decoder) throws {
      description = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(description)
    }
  }

  private struct Fields: Hashable, Codable {
    let id: ID
    let model: Model
  }

  private let fields: Shared<Fields>

  package var id: ID { fields.value.id }
  package var model: Model { fields.value.model }

  package init(id: ID, model: Model) { fields = Shared(Fields(id: id, model: model)) }

  package init(from decoder: any Decoder) throws { fields = Shared(try Fields(from: decoder)) }

  package func encode(to encoder: any Encoder) throws { try fields.value.encode(to: encoder) }

  /// "v8 (3f9c2a71d0)".
  package var description: String { "v\(model.version) (\(id))" }
}

/// The model that a revision serves, and everything about serving it that makes it a different
/// revision when it changes.
package struct Model: Hashable, Sendable, Codable {
  package let version: String
  package let uri: String
  /// "sha256:" and 64 hexadecimal digits over the artifact; nil when the manifest names none.
  package let digest: String?
  package let format: String
  /// The body of one V2 inference request that the loaded model must answer, as JSON text.
  package let smoke: String?
  /// What it must answer; nil when any answer with outputs will do.
  package let answer: ExpectedAnswer?
  /// Raised to try a rejected revision again: a retry is a commit.
  package let retry: Int
  /// "sha256:" and 64 hexadecimal digits over the profile of the training data: what the model
  /// declares to expect; nil when the manifest names none.
  package let profile: String?

  package init(
    version: String, uri: String, digest: String?, format: String, smoke: String?, retry: Int,
    profile: String? = nil, answer: ExpectedAnswer? = nil
  ) {
    self.version = version
    self.uri = uri
    self.digest = digest
    self.format = format
    self.smoke = smoke
    self.answer = answer
    self.retry = retry
    self.profile = profile
  }

  /// The text whose hash names the revision: each field that is there, by its name and its length.
  ///
  /// So no two models share one, and a field that is added later changes none that lacks it.
  package var canonicalForm: String {
    let fields: [(name: String, value: String?)] = [
      ("answer", answer?.canonicalForm), ("digest", digest), ("format", format),
      ("profile", profile),
      ("retry", retry == 0 ? nil : String(retry)), ("smoke", smoke), ("uri", uri),
      ("version", version),
    ]
    let lines = fields.compactMap { name, value in
      value.map { "\(name) \($0.utf8.count):\($0)\n" }
    }
    return "serin-revision-v2\n" + lines.joined()
  }
}
