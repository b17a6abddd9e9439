import Profiling

extension Failure {
  /// A table that cannot be read, or is of no use.
  init(_ error: TableError) {
    switch error {
    case .unreadable(let path): self.init(unreadable: path)
    case .compressed(let path):
      self.init(.user, "\(path) is compressed", hint: "gunzip -c FILE | serin profile build -")
    case .noParquetReader(let path):
      self.init(
        .user, "\(path) is Parquet, which serin reads through duckdb, and that is not on the PATH",
        hint: "install it (https://duckdb.org/install, or pip install duckdb-cli), or convert the "
          + "file: python3 -c 'import pandas, sys; "
          + "pandas.read_parquet(sys.argv[1]).to_csv(sys.argv[2], index=False)' IN OUT")
    case .parquet(let said): self.init(.user, "duckdb: \(said)")
    case .row(let file, let problem): self.init(problem, in: file)
    case .noRows(let path): self.init(.user, "\(path) has no rows")
    case .noColumn(let path, let name): self.init(.user, "\(path) has no column \"\(name)\"")
    case .noColumnOfProfile(let path): self.init(.user, "\(path) has no column of the profile")
    case .noJudgement(let path):
      self.init(.user, "\(path) has no row with a prediction and a label")
    }
  }

  /// "train.csv:7: amount: found "abc" after 5 numbers".
  private init(_ problem: TableProblem, in file: String) {
    let column = problem.column.map { "\($0): " } ?? ""
    self.init(.user, "\(file):\(problem.line): \(column)\(problem.message)", hint: problem.hint)
  }
}
