import ArgumentParser
@main struct Serin: AsyncParsableCommand {
  func run() async throws { print("serin") }
}
