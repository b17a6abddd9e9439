import Encoding

/// The rules of who owns what, over objects of one type.
///
/// Pure: live object and wish in, new object and owners out. The names are those of structured-merge-diff.
struct Ownership {
  let schema: Schema
  /// What a write through this endpoint leaves alone: "status" of the object itself.
  let ignored: [[String]]

  /// Another manager owns what was to be changed.
  struct Conflict: Error, Equatable {
    let owned: [(name: Managers.Name, apiVersion: String, paths: [String])]

    static func == (one: Conflict, other: Conflict) -> Bool {
      one.owned.elementsEqual(other.owned) { $0.name == $1.name && $0.paths == $1.paths }
    }
  }

  /// What a manager does.
  struct Act {
    let manager: String
    let subresource: String
    let apiVersion: String
    let time: String
  }

  /// Returns the owners after a write that made `new` of `live`.
  func update(_ live: JSONValue, _ new: JSONValue, _ managers: Managers, _ act: Act) -> Managers {
    let name = Managers.Name(
      manager: act.manager, isApplied: false, apiVersion: act.apiVersion,
      subresource: act.subresource)
    let comparison = compared(live, new)
    var result = managers
    // A write is somebody new at first: what it did not touch stays with its manager's entry.
    (_, result) = taken(comparison, from: managers, except: nil)
    let gained = comparison.added.union(comparison.modified)
    guard !gained.isEmpty else { return result }
    let before = result.entries[name]?.fields ?? FieldSet()
    result.entries[name] = Managers.Entry(
      fields: before.union(gained), apiVersion: act.apiVersion, time: act.time)
    return result
  }

  /// Returns the object with what is applied, and its owners.
  func apply(
    _ live: JSONValue, _ applied: JSONValue, _ managers: Managers, _ act: Act, isForced: Bool
  ) throws(Conflict) -> (object: JSONValue, managers: Managers) {
    let name = Managers.Name(
      manager: act.manager, isApplied: true, apiVersion: "", subresource: act.subresource)
    let last = managers.entries[name]
    let merged = schema.merge(live, applied) ?? live
    var owners = managers
    owners.entries[name] = Managers.Entry(
      fields: stripped(schema.fields(of: applied)), apiVersion: act.apiVersion, time: last?.time)
    let object = last.map { pruned(merged, owners, $0.fields) } ?? merged
    let (lost, rest) = taken(compared(live, object), from: owners, except: name)
    guard isForced || lost.isEmpty else { throw Conflict(owned: Self.sorted(lost)) }
    owners = rest
    if object != live { owners.entries[name]?.time = act.time }
    owners.dropEmpty()
    return (object, owners)
  }

  private static func sorted(
    _ lost: [Managers.Name: Managers.Entry]
  ) -> [(name: Managers.Name, apiVersion: String, paths: [String])] {
    lost.map { ($0.key, $0.value.apiVersion, $0.value.fields.paths) }
      .sorted { ($0.name.manager, $0.paths[0]) < ($1.name.manager, $1.paths[0]) }
  }

  private func compared(_ old: JSONValue, _ new: JSONValue) -> Comparison {
    let all = schema.compare(old, new)
    return Comparison(
      added: stripped(all.added), modified: stripped(all.modified), removed: stripped(all.removed))
  }

  /// Takes what was changed from all who own it; returns what they lose, too.
  private func taken(
    _ comparison: Comparison, from managers: Managers, except own: Managers.Name?
  ) -> (lost: [Managers.Name: Managers.Entry], rest: Managers) {
    var (lost, rest): ([Managers.Name: Managers.Entry], Managers) = ([:], managers)
    let changed = comparison.modified.union(comparison.added)
    for (name, entry) in managers.entries where name != own {
      let conflict = entry.fields.intersection(changed)
      if !conflict.isEmpty {
        lost[name] = Managers.Entry(fields: conflict, apiVersion: entry.apiVersion)
      }
      rest.entries[name]?.fields = entry.fields.subtracting(conflict).subtracting(
        comparison.removed)
    }
    rest.dropEmpty()
    return (lost, rest)
  }

  /// Takes out what the manager applied last and applies no more, unless another one owns it.
  private func pruned(_ merged: JSONValue, _ managers: Managers, _ last: FieldSet) -> JSONValue {
    guard !last.isEmpty else { return merged }
    let (all, lastNamed) = (named(schema.fields(of: merged)), last.withNamedFields(schema))
    var result = schema.removing(lastNamed, from: merged) ?? [:]
    let owned = managers.entries.values.reduce(FieldSet()) { $0.union($1.fields) }
    let kept = named(schema.fields(of: result)).union(owned.withNamedFields(schema))
    result = schema.removing(all.subtracting(kept), from: merged) ?? [:]
    let dangling = all.subtracting(named(schema.fields(of: result))).intersection(lastNamed)
    return schema.removing(dangling, from: merged) ?? [:]
  }

  private func named(_ set: FieldSet) -> FieldSet { set.withNamedFields(schema) }

  /// What the server itself writes has no owner.
  private func stripped(_ set: FieldSet) -> FieldSet {
    var result = set.without(Self.ofServer).without(ignored)
    result.dropMember("metadata")
    return result
  }

  private static let ofServer =
    [["apiVersion"], ["kind"]]
    + [
      "name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields",
      "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds",
    ].map { ["metadata", $0] }
}
