import Analysis
import Encoding
import Rollouts

/// `spec.load`: what a new model must bear before it gets any traffic.
enum LoadForm {
  static let form: Form<LoadTest> = .object(
    required(
      "requestsPerSecond", Form.integer(1...1000),
      "How many requests are sent each second, to all replicas together."),
    required("for", Form.duration(.seconds(1)...Duration.seconds(300)), "How long."),
    required("latency", latency, "How long a share of the answers may take at most."),
    defaulted(
      "errors", Form.percentage(DriftForm.limits), default: "1%",
      "The largest share of requests that may not be answered with 200."),
    optional(
      "requests", recorded,
      "Requests that were recorded. Default: requests that are made of the profile.")
  ) { fields, requestsPerSecond, duration, latency, errors, recorded in
    let test = LoadTest(
      requestsPerSecond: requestsPerSecond, duration: duration, below: latency.below,
      slow: latency.slow, failed: errors, recorded: recorded)
    return isBounded(test, fields) ? test : nil
  }

  private static let recorded: Form<LoadTest.Recorded> = .object(
    required("uri", Form.modelURI, "A file with the JSON body of one V2 request on each line."),
    required("digest", Form.digest, "Its SHA-256, checked before it is read.")
  ) { _, uri, digest in LoadTest.Recorded(uri: uri, digest: digest) }

  /// Which share of the answers may take as long as this, or longer.
  private struct Latency {
    let slow: Ratio
    let below: Objective.Milliseconds
  }

  private static let latency: Form<Latency> = .object(
    required("percentile", Form.percentile, "The share of the requests that must be in time."),
    required("below", Form.latency(1...60_000), "The time in which they must be answered.")
  ) { _, percentile, below in
    Latency(slow: Ratio(perMillion: 1_000_000 - percentile.perMillion), below: below)
  }

  /// Whether a load is one that a machine can send, told to the findings where it is not.
  private static func isBounded(_ test: LoadTest, _ fields: Fields) -> Bool {
    guard test.requests <= LoadTest.mostRequests else {
      fields.error(
        "\(test.requests) requests, at most \(LoadTest.mostRequests) are allowed", on: "for",
        hint: "let it be shorter, or ask for fewer requests each second")
      return false
    }
    let underWay = test.requestsPerSecond * test.below / 1000
    guard underWay <= LoadTest.mostUnderWay else {
      fields.error(
        "\(underWay) requests would be under way at once when each is answered just in time, at most "
          + "\(LoadTest.mostUnderWay) are allowed", on: "requestsPerSecond",
        hint: "ask for fewer requests each second, or for faster answers")
      return false
    }
    if !test.canProve {
      fields.warning(
        "\(test.requests) requests are too few to show that \(min(test.slow, test.failed)) of them "
          + "at most are slow or fail", on: "for",
        hint: "let it be longer: a model that is a little too slow passes")
    }
    return true
  }

  /// Reports where a load does not go with the rest of the deployment.
  static func check(
    _ test: LoadTest, of model: (model: Model, profile: ProfileReference?),
    _ strategy: Strategy, within prepareWithin: Duration, _ fields: Fields
  ) {
    if model.model.smoke == nil, model.profile == nil, test.recorded == nil {
      fields.error(
        "the load has no requests: the model has neither a smoke request nor a profile",
        on: "load",
        hint: "add smoke: {request: …} or profile: … to the model, or requests: … to the load")
    }
    if test.duration >= prepareWithin {
      fields.error(
        "a load of \(test.duration.manifestText) leaves no time to load the model within "
          + prepareWithin.manifestText, on: "load",
        hint: "let it be shorter, or raise prepareWithin")
    }
    if strategy.isExclusive {
      fields.warning(
        "with \"recreate\" nothing answers clients while the load lasts", on: "load",
        hint: "keep it short, or choose canary or blueGreen")
    }
  }
}
