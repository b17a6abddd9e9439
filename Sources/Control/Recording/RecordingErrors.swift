/// What follows a head that is not the branch's would break every chain.
struct UnreadHead: Error, CustomStringConvertible {
  let description = "the ledger's branch has moved and is not read yet"
}

/// Decisions are recorded in the order in which they were made, or the chain would not hold.
struct OutOfOrder: Error, CustomStringConvertible {
  let description = "an earlier decision is not recorded yet"
}
