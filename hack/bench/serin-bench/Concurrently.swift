/// Returns `work` of each number below `count`, in their order, computed on all processors.
///
/// In portions small enough that no processor waits long for another at the end.
func concurrently<Value: Sendable>(
  _ count: Int, _ work: @escaping @Sendable (Int) -> Value
) async -> [Value] {
  let portion = max(1, min(25, count / 16))
  return await withTaskGroup(of: (start: Int, values: [Value]).self) { group in
    for start in stride(from: 0, to: count, by: portion) {
      group.addTask { (start, (start..<min(start + portion, count)).map(work)) }
    }
    var portions: [(start: Int, values: [Value])] = []
    for await portion in group { portions.append(portion) }
    return portions.sorted { $0.start < $1.start }.flatMap(\.values)
  }
}
