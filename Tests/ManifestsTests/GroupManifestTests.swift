import Manifests
import Rollouts
import Testing

/// What is to be said of groups, of which each manifest shows one member.
@Suite struct GroupManifestTests {
  @Test func aGroupIsNoPartOfTheRevision() throws {
    let (alone, member) = (try Self.member("a", group: nil), try Self.member("a", group: "line"))
    #expect(alone.deployment.revision == member.deployment.revision)
    #expect(alone.deployment.group == nil && member.deployment.group == "line")
    #expect(alone.group == nil && member.group == TextPosition(line: 5, column: 10))
  }

  /// Members of one namespace with one name belong together, and have as many steps as they like.
  @Test func twoMembersAreAGroup() throws {
    let rules = GroupRules([try Self.manifest("a"), try Self.manifest("b")])
    #expect(rules.diagnostics.isEmpty && rules.refused.isEmpty)
  }

  /// One that is alone moves alone: the others may still come, or have gone before it.
  @Test(arguments: ["other", nil])
  func whoIsAloneIsWarned(group: String?) throws {
    let rules = GroupRules([try Self.manifest("a"), try Self.manifest("b", group: group)])
    let first = try #require(rules.diagnostics.first)
    #expect(rules.diagnostics.count == (group == nil ? 1 : 2) && first.severity == .warning)
    #expect(
      "\(first)"
        == #"a.yaml:5:10: warning: default/a is the only member of the group "line" and moves alone"#
    )
    let held = GroupRules(
      [try Self.manifest("a")], present: [Self.name("b"): "line"], held: [Self.name("b")])
    #expect(held.diagnostics.isEmpty, "another one's last good version has the group")
  }

  @Test func otherStepsAreTold() throws {
    let rules = GroupRules([
      try Self.manifest("a"), try Self.manifest("b", strategy: "{canary: {steps: [10%]}}"),
      try Self.manifest("c", strategy: "{blueGreen: {}}"),
    ])
    #expect(rules.refused.isEmpty)
    #expect(
      rules.diagnostics.map { "\($0)" } == [
        "b.yaml:5:10: warning: default/b has 1 step, and default/a of its group 3 steps: the one with "
          + "fewer waits after its last for the other",
        "c.yaml:5:10: warning: default/c has no steps, and default/a of its group 3 steps: the one with "
          + "fewer waits after its last for the other",
      ])
  }

  /// Who is a member stays one; of those that come, the last by name are too many.
  @Test func aGroupHasEightMembers() throws {
    let names = (0..<10).map { "m\($0)" }
    let present = Dictionary(uniqueKeysWithValues: ["m8", "m9"].map { (Self.name($0), "line") })
    let rules = GroupRules(
      try names.map { try Self.manifest($0) }, present: present)
    #expect(rules.refused == [Self.name("m6"), Self.name("m7")])
    #expect(rules.diagnostics.map(\.severity) == [.error, .error])
    #expect(
      rules.diagnostics.map { "\($0)" }.first
        == "m6.yaml:5:10: error: default/m6 is one member too many of the group \"line\": 8 at most move "
        + "together")
    let beside = GroupRules(
      try names.prefix(8).map { try Self.manifest($0) },
      present: present, held: [Self.name("m8"), Self.name("m9")])
    #expect(beside.refused == [Self.name("m6"), Self.name("m7")])
  }

  private static func name(_ name: String) -> DeploymentName {
    DeploymentName(namespace: "default", name: name)
  }

  private static func manifest(
    _ name: String, group: String? = "line", strategy: String? = nil
  ) throws -> GroupRules.Member {
    let member = try member(name, group: group, strategy: strategy)
    return GroupRules.Member(
      deployment: member.deployment, path: "\(name).yaml", position: member.group)
  }

  private static func member(
    _ name: String, group: String?, strategy: String? = nil
  ) throws -> DeclaredDeployment {
    let text = """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: \(name)}
      spec:
      \(group.map { "  group: \($0)" } ?? "  # alone")
        model: {version: "8", uri: "file:///m/8", format: sklearn}
        strategy: \(strategy ?? "{canary: {steps: [5%, 25%, 50%]}}")
      """
    return try #require(decodeManifests(Array(text.utf8), path: "\(name).yaml").deployments.first)
  }
}
