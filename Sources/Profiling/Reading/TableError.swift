/// Why a table, or what it holds, is of no use.
package enum TableError: Error {
  case unreadable(String)
  case compressed(String)
  /// A Parquet file, and no program that reads it.
  case noParquetReader(String)
  /// What the program says that failed to read it.
  case parquet(String)
  /// A row that is wrong, and the file's name.
  case row(of: String, TableProblem)
  case noRows(String)
  case noColumn(String, named: String)
  /// Rows without any column of the profile that they are counted like.
  case noColumnOfProfile(String)
  /// Test rows of which none has a prediction and a label.
  case noJudgement(String)
}
