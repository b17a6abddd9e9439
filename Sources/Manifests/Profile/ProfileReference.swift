import Encoding
package import Profiles
import Rollouts

/// What is known of a profile that a manifest names.
package enum ProfileLookup: Sendable {
  case found(DataProfile)
  case missing
  /// The file is there and holds no right profile.
  case wrong

  package init(_ bytes: [UInt8], path: String) {
    self = decodeProfile(bytes, path: path).profile.map { .found($0) } ?? .wrong
  }
}

/// Where a deployment's profile is, as its manifest says.
struct ProfileReference {
  /// From the folder of the manifest.
  let path: String
  let position: TextPosition

  static let form: Form<String> = .scalar(
    "a path", example: "write it from the manifest's folder, like fraud-detector-8.profile.yaml",
    schema: ["type": "string", "pattern": "\\.ya?ml$"]
  ) { scalar throws(TextRefusal) in
    guard scalar.text.hasSuffix(".yaml") || scalar.text.hasSuffix(".yml") else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is no profile", hint: "it is a .yaml file")
    }
    return scalar.text
  }

  /// Returns the path from the root of the repository; nil when it leads out of it.
  func resolved(from manifest: String) -> String? {
    guard !path.hasPrefix("/") else { return nil }
    var parts = manifest.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    for part in path.split(separator: "/") where part != "." {
      guard part == ".." else {
        parts.append(part)
        continue
      }
      guard !parts.isEmpty, parts.last != "" else { return nil }
      parts.removeLast()
    }
    return parts.joined(separator: "/")
  }
}

/// A deployment before its profile is known.
struct WrittenDeployment {
  let deployment: Deployment
  let drift: WrittenDrift?
  let profile: ProfileReference?

  /// Puts the profile in its place; nil after telling the findings why not.
  func bound(
    to lookup: (String) -> ProfileLookup, in manifest: String, _ findings: Findings
  ) -> Deployment? {
    guard let profile else { return deployment }
    guard let path = profile.resolved(from: manifest) else {
      findings.error(
        "the profile is outside of this repository", at: profile.position,
        hint: "write its path from the manifest's folder")
      return nil
    }
    switch lookup(path) {
    case .found(let found):
      warn(of: found, at: profile.position, findings)
      guard hasRequests(found, at: profile.position, findings),
        let promised = promised(found, findings)
      else { return nil }
      let digest = found.digest.description
      return deployment.with(
        deployment.revision.model.with(profile: digest), promised,
        drift?.settings(found, digest: digest), features: found.features)
    case .missing:
      findings.error(
        "there is no profile \(path.shortened)", at: profile.position,
        hint: "it is a file of the watched folder, and no link")
    case .wrong:
      findings.error(
        "\(path.shortened) is not a right profile", at: profile.position,
        hint: "serin validate \(path.shortened) shows what is wrong with it")
    }
    return nil
  }

  /// Returns what is promised beside the SLOs; nil after telling the findings why it cannot be said.
  private func promised(_ found: DataProfile, _ findings: Findings) -> [Objective]? {
    guard let drift else { return [] }
    guard let labels = drift.labels else { return drift.contract }
    let promise = LabelPromise(
      labels: labels, profile: found, tolerance: deployment.analysis.tolerance,
      findings: findings)
    return promise.objective.map { drift.contract + [$0] }
  }

  /// Whether a load test has something to ask the model.
  private func hasRequests(
    _ found: DataProfile, at position: TextPosition, _ findings: Findings
  ) -> Bool {
    guard deployment.loadTest != nil, found.features.isEmpty,
      deployment.revision.model.smoke == nil
    else { return true }
    findings.error(
      "the profile has no features, so that the load has no requests", at: position,
      hint: "add smoke: {request: …} to the model, or build the profile with its features")
    return false
  }

  private func warn(of found: DataProfile, at position: TextPosition, _ findings: Findings) {
    guard let drift, found.outputs.isEmpty,
      drift.predictions != nil || drift.outputs != nil || drift.labels != nil
    else {
      return
    }
    findings.warning(
      "the profile has no outputs, so that predictions are not "
        + (drift.predictions ?? drift.outputs == nil ? "judged by their labels" : "compared"),
      at: position,
      hint: "build it with serin profile build --output NAME")
  }
}

extension Model {
  fileprivate func with(profile: String) -> Model {
    Model(
      version: version, uri: uri, digest: digest, format: format, smoke: smoke, retry: retry,
      profile: profile, answer: answer)
  }
}

extension Deployment {
  fileprivate func with(
    _ model: Model, _ promised: [Objective], _ drift: DriftSettings?, features: [ProfileColumn]
  ) -> Deployment {
    var deployment = self
    deployment.revision = Revision(of: model)
    deployment.objectives += promised
    deployment.drift = drift
    // The settings of drift hold the whole profile.
    if drift == nil, !features.isEmpty { deployment.loadTest?.features = features }
    return deployment
  }
}
